//! The report as JSON, whole, with the explanation of its worst incidents.

use cluster_health::Report;
use cluster_health::incidents::{self, Explanation};
use serde::Serialize;

use crate::state::Snapshot;

#[derive(Serialize)]
struct Document<'a> {
    source: &'static str,
    #[serde(flatten)]
    report: &'a Report,
    /// In the order of the incidents.
    explanations: Vec<Explained<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Explained<'a> {
    incident: &'a str,
    #[serde(flatten)]
    explanation: Explanation,
}

pub(super) fn render(snapshot: &Snapshot) -> Result<String, serde_json::Error> {
    let Snapshot { report, source, notes, cluster, logs, suppressed: _ } = snapshot;
    let explained = report.incidents.iter().take(super::EXPLAINED).map(|incident| Explained {
        incident: &incident.id,
        explanation: incidents::explain(cluster, report, incident, logs),
    });
    let explanations = explained.collect();
    serde_json::to_string_pretty(&Document { source, report, explanations, notes }).map(|text| text + "\n")
}
