//! What a Coordination Engine knows, beside the incidents that were diagnosed here: under them where it is about the same
//! objects, else in a list of its own. Without an answer of the engine, the incidents come all the same.

use std::collections::HashMap;

use cluster_health::Report;
use cluster_health::incidents::Incident;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::engine::{self, EngineIncident};
use super::{Arguments, AtLeast, With};
use crate::integrations::coordination_engine;
use crate::state::State;

/// Its incidents that are about nothing that was diagnosed here
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfEngine {
    /// The newest first
    pub incidents: Vec<EngineIncident>,
    /// How many more match
    pub more: usize,
    /// What it was not asked for or did not say, and why
    pub not_seen: Vec<String>,
}

/// The engine's name for the same problem
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Marked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub status: String,
    /// Give it to get-workflow-status
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Joined {
    /// By the identifier of an incident that was diagnosed here.
    pub(super) marks: HashMap<String, Vec<Marked>>,
    pub(super) besides: Option<OfEngine>,
}

const SHOWN: usize = 15;
const MARKS: usize = 3;
/// Of the text, which has to leave room for what was diagnosed.
const BYTES: usize = 3_000;

/// Nothing where no engine is configured.
pub(super) async fn ask(state: &State, report: &Report, arguments: &Arguments) -> Option<Joined> {
    let listing = match engine::incidents(state, arguments.namespace.as_deref()).await? {
        Ok(listing) => listing,
        Err(reason) => {
            let besides = OfEngine { incidents: Vec::new(), more: 0, not_seen: vec![reason] };
            return Some(Joined { besides: Some(besides), marks: HashMap::new() });
        }
    };
    let mut joined = Joined::default();
    let (mut incidents, mut more) = (Vec::new(), 0);
    for theirs in listing.incidents.iter().filter(|theirs| arguments.takes_of_engine(theirs)) {
        let objects = engine::objects(theirs);
        // Under one that is listed, or it would not be told
        let mut listed = report.incidents.iter().filter(|ours| arguments.takes(report, ours));
        let same = listed.find(|ours| objects.iter().any(|object| is_about(report, ours, object)));
        match same {
            Some(ours) => {
                let marks = joined.marks.entry(ours.id.clone()).or_default();
                if marks.len() < MARKS {
                    marks.push(Marked::new(theirs));
                }
            }
            None if incidents.len() < SHOWN => incidents.push(EngineIncident::new(state, theirs)),
            None => more += 1,
        }
    }
    joined.besides = Some(OfEngine { incidents, more, not_seen: listing.not_seen });
    Some(joined)
}

fn is_about(report: &Report, incident: &Incident, object: &cluster_health::model::ObjectRef) -> bool {
    let found = |at: usize| report.findings.get(at).is_some_and(|finding| finding.object == *object);
    incident.root == *object || incident.members.iter().any(|member| found(member.finding))
}

impl Arguments {
    /// The engine heeds neither status nor `all`, so both are looked at here.
    fn takes_of_engine(&self, incident: &coordination_engine::Incident) -> bool {
        let status = match self.status {
            None | Some(With::All) => true,
            Some(With::Active) => engine::is_active(incident.status),
            Some(With::Completed) => engine::is_completed(incident.status),
            Some(With::Failed) => incident.status == coordination_engine::Status::Failed,
        };
        let created = incident.origin == coordination_engine::Origin::Created;
        let severity = match self.severity {
            None => true,
            // A workflow's severity is not known
            Some(AtLeast::Critical) => created && incident.severity == "critical",
            Some(AtLeast::Warning) => !created || incident.severity != "low",
        };
        status && severity
    }
}

impl Marked {
    fn new(incident: &coordination_engine::Incident) -> Self {
        Self {
            id: engine::word(&incident.id),
            status: incident.status.as_str().to_owned(),
            workflow_id: engine::word(&incident.workflow_id),
        }
    }
}

impl OfEngine {
    pub(super) fn words(&self) -> String {
        let count = self.incidents.len() + self.more;
        let noun = if count == 1 { "incident" } else { "incidents" };
        let mut text = format!("\nCoordination Engine, besides these: {count} {noun}");
        let mut left = self.more;
        for incident in &self.incidents {
            let line = format!("\n- {}", incident.line());
            if text.len() + line.len() > BYTES {
                left += 1;
            } else {
                text.push_str(&line);
            }
        }
        if left > 0 {
            text.push_str(&format!("\n- and {left} more"));
        }
        match self.not_seen.as_slice() {
            [reason] if self.incidents.is_empty() && self.more == 0 => {
                format!("\nCoordination Engine: no incidents of its own were seen: {reason}")
            }
            reasons => reasons.iter().fold(text, |text, reason| format!("{text}\nNot seen: {reason}")),
        }
    }
}

/// After the line of an incident.
pub(super) fn words(marks: &[Marked]) -> String {
    let word = |mark: &Marked| {
        let workflow = mark.workflow_id.as_ref().map(|id| format!(", {id}")).unwrap_or_default();
        format!("{} {}{workflow}", mark.id.as_deref().unwrap_or("a name that is no word"), mark.status)
    };
    match marks {
        [] => String::new(),
        marks => format!(" | known to the engine: {}", marks.iter().map(word).collect::<Vec<_>>().join("; ")),
    }
}
