//! `list-incidents`: root causes with what they broke, what is new since the caller last looked, and what was left out
//! as noise; beside them, what a Coordination Engine knows.

mod joined;

use cluster_health::finding::Severity;
use cluster_health::incidents::Incident;
use cluster_health::{Report, render};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::joined::{Joined, Marked, OfEngine};
use super::memory::{self, Change, Changes, Seen, Suppressed};
use super::shapes::IncidentSummary;
use super::{cursor, scope};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::{NotReady, Snapshot, State};

pub struct ListIncidents;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Only incidents at least this severe
    severity: Option<AtLeast>,
    /// Only incidents that touch this namespace
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// Only active, completed or failed ones (default all); what is diagnosed here is active
    status: Option<With>,
    /// seen of an earlier answer: says what is new, what got worse and what is gone since then
    #[schemars(length(min = 1, max = 700))]
    since: Option<String>,
    /// How many incidents at most (default 20)
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
    /// next_cursor of the page before
    #[schemars(length(min = 1, max = 1200))]
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AtLeast {
    Critical,
    Warning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum With {
    All,
    Active,
    Completed,
    Failed,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Incidents {
    /// The verdict in a sentence
    pub message: String,
    /// The moment assessed, RFC 3339
    pub as_of: String,
    /// How many match, on all pages
    pub total: usize,
    /// Worst first
    pub incidents: Vec<Listed>,
    /// What a Coordination Engine knows besides; absent where none is configured, and on later pages
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordination_engine: Option<OfEngine>,
    /// Present when since was given
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// What was seen and is not reported as a fault
    pub suppressed: Vec<Suppressed>,
    /// Give it as since next time to learn what is new
    pub seen: String,
    /// Give it as cursor to get the next page; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    #[serde(flatten)]
    pub incident: IncidentSummary,
    /// Present when since was given
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What a Coordination Engine knows under these names; absent where it knows nothing
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub known_to_engine: Vec<Marked>,
}

const DEFAULT_LIMIT: usize = 20;
const EVIDENCE: usize = 3;

impl Tool<State> for ListIncidents {
    const NAME: &'static str = "list-incidents";
    const TITLE: &'static str = "Incidents";
    const DESCRIPTION: &'static str = "List the cluster's incidents: what is broken and the root cause of each, worst \
        first, with evidence, since when, how many workloads, services, routes and nodes it affects (blast radius), \
        and the next step. Says what is new or worse since you last looked (pass since), and which noise was \
        suppressed and why. Lists those that a Coordination Engine keeps, where one is configured. Filter by severity, \
        status or namespace. Paged.";

    type Arguments = Arguments;
    type Output = Incidents;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Incidents>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        if let Some(namespace) = &arguments.namespace {
            scope::namespace(&snapshot.cluster, namespace)?;
        }
        let seen = arguments.since.as_deref().map(Seen::parse).transpose()?;
        let report = &snapshot.report;
        let matching: Vec<&Incident> =
            report.incidents.iter().filter(|incident| arguments.takes(report, incident)).collect();
        let start = match &arguments.cursor {
            None => 0,
            Some(cursor) => start_after(&matching, &cursor::key(&arguments.question(), cursor)?)?,
        };
        let joined = joined::ask(state, report, &arguments).await;
        Ok(page(&snapshot, &matching, start, &arguments, seen.as_ref(), joined))
    }
}

/// The first page of everything, as a document.
pub async fn worst(state: &State) -> Result<Incidents, NotReady> {
    let snapshot = state.first_snapshot().await?;
    let (all, everything) = (snapshot.report.incidents.iter().collect::<Vec<_>>(), Arguments::default());
    let joined = joined::ask(state, &snapshot.report, &everything).await;
    Ok(page(&snapshot, &all, 0, &everything, None, joined).structured)
}

impl Arguments {
    fn takes(&self, report: &Report, incident: &Incident) -> bool {
        let least = match self.severity {
            Some(AtLeast::Critical) => Severity::Critical,
            Some(AtLeast::Warning) | None => Severity::Warning,
        };
        let touches = |namespace: &String| scope::touches(report, incident, namespace);
        let here = matches!(self.status, None | Some(With::All | With::Active));
        here && incident.severity >= least && self.namespace.as_ref().is_none_or(touches)
    }

    /// What a cursor is bound to.
    fn question(&self) -> String {
        format!("list-incidents {:?} {:?} {:?} {:?}", self.severity, self.namespace, self.status, self.since)
    }
}

fn start_after(matching: &[&Incident], id: &str) -> Result<usize, ToolError> {
    let at = matching.iter().position(|incident| incident.id == id);
    at.map(|at| at + 1).ok_or_else(|| ToolError::NotFound {
        what: "the last incident of the page before".to_owned(),
        hint: "the cluster has changed: leave the cursor out to start again".to_owned(),
    })
}

/// As many incidents as the limit and the size of an answer allow, at least one.
fn page(
    snapshot: &Snapshot,
    matching: &[&Incident],
    start: usize,
    arguments: &Arguments,
    seen: Option<&Seen>,
    joined: Option<Joined>,
) -> Answer<Incidents> {
    let report = &snapshot.report;
    let changes = seen.map(|seen| seen.changes(report));
    let suppressed = memory::suppressed(snapshot);
    let word = memory::remember(report);
    let mut text = format!("{} {} as of {}", render::verdict(report), counted(matching.len()), report.as_of);
    text.push_str(if matching.is_empty() { "." } else { ", worst first:" });
    let mut joined = joined.unwrap_or_default();
    let engine = joined.besides.take().filter(|_| start == 0);
    let besides = engine.as_ref().map(OfEngine::words).unwrap_or_default();
    let tail = besides + &memory::words(changes.as_ref(), &suppressed, &word);
    let mut incidents = Vec::new();
    for incident in matching[start..].iter().take(arguments.limit.map_or(DEFAULT_LIMIT, |limit| limit as usize)) {
        let change = seen.map(|seen| seen.change(incident));
        let mark = match change {
            Some(Change::New) => "NEW ",
            Some(Change::Worse) => "WORSE ",
            Some(Change::Known) | None => "",
        };
        let known_to_engine = joined.marks.remove(&incident.id).unwrap_or_default();
        let line = format!(
            "\n{}. {mark}{}{}",
            start + incidents.len() + 1,
            render::incident_line(report, incident),
            joined::words(&known_to_engine)
        );
        if !incidents.is_empty() && text.len() + line.len() + tail.len() + 1400 > render::ANSWER_BYTES {
            break;
        }
        text.push_str(&line);
        incidents.push(Listed { incident: IncidentSummary::new(report, incident, EVIDENCE), change, known_to_engine });
    }
    let rest = matching.len() - start - incidents.len();
    let last = incidents.last().filter(|_| rest > 0);
    let next_cursor = last.map(|last| cursor::after(&arguments.question(), &last.incident.id));
    if let Some(cursor) = &next_cursor {
        text.push_str(&format!("\n{rest} more: call again with cursor {cursor}"));
    }
    text.push_str(&tail);
    let structured = Incidents {
        message: render::verdict(report),
        as_of: report.as_of.to_string(),
        total: matching.len(),
        incidents,
        coordination_engine: engine,
        changes,
        suppressed,
        seen: word,
        next_cursor,
    };
    Answer { text, structured }
}

fn counted(count: usize) -> String {
    match count {
        0 => "No incidents match".to_owned(),
        1 => "1 incident".to_owned(),
        count => format!("{count} incidents"),
    }
}
