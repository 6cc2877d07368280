//! `get-cluster-health`: the verdict, what is broken and why, what was not seen.

use cluster_health::finding::{Finding, Severity};
use cluster_health::render;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::memory::{self, Changes, Seen, Suppressed};
use super::scope;
use super::shapes::{FindingSummary, IncidentSummary};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::{Snapshot, State};

pub struct GetClusterHealth;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// false leaves out incidents and coverage and gives the verdict alone (default true)
    include_details: Option<bool>,
    /// seen of an earlier answer: says what is new, what got worse and what is gone since then
    #[schemars(length(min = 1, max = 700))]
    since: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// healthy, degraded (warnings), unhealthy (critical findings) or unknown (too little was seen)
    pub status: String,
    /// The verdict in a sentence
    pub message: String,
    /// The moment assessed, RFC 3339
    pub as_of: String,
    /// Where the state comes from
    pub source: String,
    pub cluster: ClusterIdentity,
    pub nodes: Nodes,
    pub pods: Pods,
    pub counts: FindingCounts,
    /// Root causes with what they broke, worst first; absent without details
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incidents: Option<Vec<IncidentSummary>>,
    /// Incidents that are not in this answer; list-incidents gives them
    pub more_incidents: usize,
    /// Findings that follow from the incidents; explain-incident and list-findings give them
    pub explained_findings: usize,
    /// What is worth knowing and changes no verdict; absent without details
    #[serde(skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<FindingSummary>>,
    /// Present when since was given
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// What looks like trouble and is none; absent without details
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Vec<Suppressed>>,
    /// Give it as since next time to learn what is new
    pub seen: String,
    /// What was not looked at, and why; absent without details
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen: Option<Vec<String>>,
    /// Checks that saw all they need
    pub checks_complete: usize,
    /// Checks that could not look, or not at everything
    pub checks_blind: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ClusterIdentity {
    pub product: String,
    pub version: String,
    pub namespaces: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Nodes {
    pub total: usize,
    pub ready: usize,
    pub not_ready: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Pods {
    pub total: usize,
    pub running: usize,
    pub pending: usize,
    pub failed: usize,
    pub succeeded: usize,
    pub unknown: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingCounts {
    pub critical: usize,
    pub warning: usize,
    pub info: usize,
}

/// What clients that read only this channel need; more is a call away.
const INCIDENTS: usize = 12;
const INFORMATION: usize = 5;
const EVIDENCE: usize = 3;

impl Tool<State> for GetClusterHealth {
    const NAME: &'static str = "get-cluster-health";
    const TITLE: &'static str = "Cluster health";
    const DESCRIPTION: &'static str = "Is the OpenShift or Kubernetes cluster healthy, what is broken, why, and what to \
        do next? Call this first. One answer covers nodes, pods, deployments, storage, network, operators, updates, \
        certificates and quotas: the verdict, the incidents (root causes) worst first with evidence and since when, \
        what each broke, and what could not be seen. Pass since to learn what is new since you last looked.";

    type Arguments = Arguments;
    type Output = Health;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Health>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let details = arguments.include_details.unwrap_or(true);
        let seen = arguments.since.as_deref().map(Seen::parse).transpose()?;
        let structured = health(&snapshot, details, seen.as_ref());
        let suppressed = structured.suppressed.as_deref().unwrap_or_default();
        let memory = memory::words(structured.changes.as_ref(), suppressed, &structured.seen);
        let text = if details { text(&snapshot, &memory) } else { snapshot.verdict() + &memory };
        Ok(Answer { text, structured })
    }
}

/// `memory` ends it.
fn text(snapshot: &Snapshot, memory: &str) -> String {
    let notes: String = snapshot.notes.iter().map(|note| format!("\nNote: {note}.")).collect();
    let tail = notes + memory;
    let health = render::health(&snapshot.report, render::ANSWER_BYTES.saturating_sub(tail.len())) + &tail;
    match health.split_once('\n') {
        Some((_, rest)) => format!("{}\n{rest}", snapshot.verdict()),
        None => health,
    }
}

/// The same as data, and what changed since `seen`.
pub(crate) fn health(snapshot: &Snapshot, details: bool, seen: Option<&Seen>) -> Health {
    let report = &snapshot.report;
    let (cluster, counts, pods) = (&report.cluster, report.counts, report.cluster.pods);
    let shown = if details { report.incidents.len().min(INCIDENTS) } else { 0 };
    let incidents = || report.incidents[..shown].iter().map(|one| IncidentSummary::new(report, one, EVIDENCE));
    let is_information = |one: &&Finding| one.severity == Severity::Info && one.explained_by.is_none();
    let information = || report.findings.iter().filter(is_information).take(INFORMATION);
    Health {
        status: report.verdict.as_str().to_owned(),
        message: snapshot.verdict(),
        as_of: report.as_of.to_string(),
        source: snapshot.source.to_owned(),
        cluster: ClusterIdentity {
            product: cluster.product.to_owned(),
            version: cluster.version.clone(),
            namespaces: cluster.namespaces,
        },
        nodes: Nodes {
            total: cluster.nodes,
            ready: cluster.nodes_ready,
            not_ready: cluster.nodes - cluster.nodes_ready,
        },
        pods: Pods {
            total: pods.total(),
            running: pods.running,
            pending: pods.pending,
            failed: pods.failed,
            succeeded: pods.succeeded,
            unknown: pods.unknown,
        },
        counts: FindingCounts { critical: counts.critical, warning: counts.warning, info: counts.info },
        incidents: details.then(|| incidents().collect()),
        more_incidents: report.incidents.len() - shown,
        explained_findings: report.findings.iter().filter(|finding| finding.explained_by.is_some()).count(),
        information: details.then(|| information().map(|one| FindingSummary::new(one, EVIDENCE)).collect()),
        changes: seen.map(|seen| seen.changes(report)),
        suppressed: details.then(|| memory::suppressed(snapshot)),
        seen: memory::remember(report),
        not_seen: details.then(|| not_seen(snapshot)),
        checks_complete: report.coverage.checks_run,
        checks_blind: report.coverage.checks_blind.len(),
    }
}

fn not_seen(snapshot: &Snapshot) -> Vec<String> {
    let coverage = &snapshot.report.coverage;
    let kinds = coverage.kinds.iter().map(|kind| format!("{}: {}", kind.kind.plural(), kind.because));
    let namespaces = render::only_namespaces(&snapshot.report).map(|only| format!("only {only}"));
    kinds.chain(namespaces).chain(snapshot.notes.iter().cloned()).collect()
}
