//! The report as JSON, whole.

use cluster_health::Report;
use serde::Serialize;

use crate::state::Snapshot;

#[derive(Serialize)]
struct Document<'a> {
    source: &'static str,
    #[serde(flatten)]
    report: &'a Report,
    notes: &'a [String],
}

pub(super) fn render(snapshot: &Snapshot) -> Result<String, serde_json::Error> {
    let Snapshot { report, source, notes, .. } = snapshot;
    serde_json::to_string_pretty(&Document { source, report, notes }).map(|text| text + "\n")
}
