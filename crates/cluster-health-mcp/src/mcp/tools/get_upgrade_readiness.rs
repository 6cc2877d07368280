//! `get-upgrade-readiness`: can it be updated, what stands in the way, and where a running update stands.

use cluster_health::Report;
use cluster_health::finding::Finding;
use cluster_health::render;
use cluster_health::upgrade::{self, Progress, Readiness, Weight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scope;
use super::shapes::{FindingSummary, IncidentSummary};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct GetUpgradeReadiness;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// ready, risky, blocked-for-minor, blocked, updating, stuck or unknown
    pub state: String,
    /// The state in a sentence
    pub message: String,
    /// RFC 3339
    pub as_of: String,
    pub version: String,
    /// Update channel; absent outside of OpenShift
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// End of maintenance support of this release, RFC 3339; absent where the built-in table does not know it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintained_until: Option<String>,
    /// End of extended update support, RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_until: Option<String>,
    /// When that table was last compared with Red Hat's
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_table_as_of: Option<String>,
    /// Present while an update runs
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Running>,
    /// The heaviest first
    pub obstacles: Vec<Obstacle>,
    /// Obstacles that are not in this answer; list-findings gives them
    pub more_obstacles: usize,
    /// What would have had to be seen to be sure
    pub not_seen: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Obstacle {
    /// What it does to an update
    pub effect: String,
    pub finding: FindingSummary,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Running {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    pub operators_done: usize,
    pub operators: usize,
    /// The first operators still at the old version
    pub waiting: Vec<String>,
    pub pools: Vec<Pool>,
    /// The root cause that keeps it from ending
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck_on: Option<IncidentSummary>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Pool {
    pub name: String,
    pub updated: u32,
    pub machines: u32,
    pub paused: bool,
}

const OBSTACLES: usize = 20;
const WAITING: usize = 10;
const EVIDENCE: usize = 3;

impl Tool<State> for GetUpgradeReadiness {
    const NAME: &'static str = "get-upgrade-readiness";
    const TITLE: &'static str = "Upgrade readiness";
    const DESCRIPTION: &'static str = "Can this OpenShift cluster be upgraded (updated) now? What blocks the upgrade, \
        what will break after it (removed or deprecated APIs in use, known risks), what will hold it up (pod disruption \
        budgets, paused machine config pools, nodes), end of life, version skew, admin acks; and while an update is \
        running: how far it is, and where and why it is stuck.";

    type Arguments = Arguments;
    type Output = Answered;

    async fn call(state: &State, _: Arguments) -> Result<Answer<Answered>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let readiness = upgrade::readiness(&snapshot.cluster, &snapshot.report);
        let report = &snapshot.report;
        Ok(Answer { text: text(report, &readiness), structured: structured(report, &readiness) })
    }
}

fn text(report: &Report, readiness: &Readiness) -> String {
    let Readiness { state, version, channel, life, progress, obstacles, not_seen } = readiness;
    let channel = if channel.is_empty() { String::new() } else { format!(", channel {channel}") };
    let mut text =
        format!("{}. {} {version}{channel}, as of {}.", capital(state.words()), report.cluster.product, report.as_of);
    if let Some(life) = life {
        let extended = life.extended_until.map(|until| format!(", extended support ends {until}")).unwrap_or_default();
        let table = life.table_as_of;
        text.push_str(&format!(" Maintenance ends {}{extended} (table of {table}).", life.maintained_until));
    }
    if let Some(progress) = progress {
        text.push_str(&running(report, progress));
    }
    let mut left = 0;
    for weight in Weight::ALL {
        let mut heading = format!("\n{}:", weight.words());
        for finding in obstacles.iter().filter(|it| it.weight == weight).filter_map(|it| it.finding(report)) {
            let line = format!("{heading}\n{}", obstacle(finding));
            if text.len() + line.len() + 300 > render::ANSWER_BYTES {
                left += 1;
                continue;
            }
            heading.clear();
            text.push_str(&line);
        }
    }
    if left > 0 {
        text.push_str(&format!("\n… and {left} more: call list-findings"));
    }
    if !not_seen.is_empty() {
        text.push_str(&format!("\nNot looked at, or not fully: {}.", not_seen.join(", ")));
    }
    text
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn running(report: &Report, progress: &Progress) -> String {
    let Progress { from, to, started, operators_done, operators, waiting, pools, stuck_on } = progress;
    let from = if from.is_empty() { String::new() } else { format!("from {from} ") };
    let started = started.map(|at| format!(", begun {at}")).unwrap_or_default();
    let mut text = format!("\nUpdate {from}to {to}{started}: {operators_done} of {operators} operators done");
    if !waiting.is_empty() {
        text.push_str(&format!(" (waiting: {})", waiting.iter().take(WAITING).cloned().collect::<Vec<_>>().join(", ")));
    }
    for pool in pools {
        let paused = if pool.paused { ", paused" } else { "" };
        text.push_str(&format!("; pool {} {} of {} nodes{paused}", pool.name, pool.updated, pool.machines));
    }
    text.push('.');
    if let Some(incident) = stuck_on.as_ref().and_then(|id| report.incidents.iter().find(|it| it.id == *id)) {
        text.push_str(&format!("\nStuck on: {}", render::incident_line(report, incident)));
    }
    text
}

fn obstacle(finding: &Finding) -> String {
    let facts: Vec<String> = finding.facts.iter().take(EVIDENCE).map(render::fact).collect();
    let next = finding.next.first().map(|step| format!(" | next: {}", step.command)).unwrap_or_default();
    let evidence = if facts.is_empty() { String::new() } else { format!(" | evidence: {}", facts.join("; ")) };
    let cause = finding.explained_by.as_ref().map(|by| format!(" | because of: {by}")).unwrap_or_default();
    format!("- {}: {}{evidence}{cause}{next} | id: {}", finding.object, finding.title, finding.id)
}

fn structured(report: &Report, readiness: &Readiness) -> Answered {
    let shown = readiness.obstacles.iter().take(OBSTACLES);
    let state = serde_json::to_value(readiness.state).ok().and_then(|word| word.as_str().map(str::to_owned));
    Answered {
        state: state.unwrap_or_default(),
        message: readiness.state.words().to_owned(),
        as_of: report.as_of.to_string(),
        version: readiness.version.clone(),
        channel: Some(readiness.channel.clone()).filter(|channel| !channel.is_empty()),
        maintained_until: readiness.life.map(|life| life.maintained_until.to_string()),
        extended_until: readiness.life.and_then(|life| life.extended_until).map(|until| until.to_string()),
        life_table_as_of: readiness.life.map(|life| life.table_as_of.to_owned()),
        progress: readiness.progress.as_ref().map(|progress| shown_progress(report, progress)),
        obstacles: shown
            .filter_map(|it| {
                let finding = FindingSummary::new(it.finding(report)?, EVIDENCE);
                Some(Obstacle { effect: it.weight.words().to_owned(), finding })
            })
            .collect(),
        more_obstacles: readiness.obstacles.len().saturating_sub(OBSTACLES),
        not_seen: readiness.not_seen.clone(),
    }
}

fn shown_progress(report: &Report, progress: &Progress) -> Running {
    let stuck_on = progress.stuck_on.as_ref().and_then(|id| report.incidents.iter().find(|it| it.id == *id));
    Running {
        from: Some(progress.from.clone()).filter(|from| !from.is_empty()),
        to: progress.to.clone(),
        started: progress.started.map(|at| at.to_string()),
        operators_done: progress.operators_done,
        operators: progress.operators,
        waiting: progress.waiting.iter().take(WAITING).cloned().collect(),
        pools: progress
            .pools
            .iter()
            .map(|it| Pool { name: it.name.clone(), updated: it.updated, machines: it.machines, paused: it.paused })
            .collect(),
        stuck_on: stuck_on.map(|incident| IncidentSummary::new(report, incident, EVIDENCE)),
    }
}
