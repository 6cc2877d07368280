//! Incidents, as several answers show them.

use cluster_health::Report;
use cluster_health::finding::Text;
use cluster_health::graph::Via;
use cluster_health::incidents::{Impact, Incident, Link, chain};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ConfidenceWord, Evidence, Object, SeverityWord};

/// A root cause in a list, with what it broke.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IncidentSummary {
    /// Give it to explain-incident; the same in every assessment and from every source
    pub id: String,
    pub severity: SeverityWord,
    /// How sure it is that this is the root cause
    pub confidence: ConfidenceWord,
    /// The object at the root
    pub root: Object,
    pub title: Text,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub reaches: Reach,
    /// How many findings follow from it
    pub follows: usize,
    pub evidence: Vec<Evidence>,
    /// A command that only reads
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How many objects of each sort an incident touches, its root included
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reach {
    pub workloads: usize,
    pub services: usize,
    /// Routes and Ingresses
    pub routes: usize,
    pub nodes: usize,
    pub operators: usize,
    pub namespaces: usize,
}

impl From<&Impact> for Reach {
    fn from(impact: &Impact) -> Self {
        let Impact { workloads, services, routes, nodes, operators, namespaces } = *impact;
        Self { workloads, services, routes, nodes, operators, namespaces }
    }
}

impl IncidentSummary {
    /// With at most `evidence` facts.
    pub fn new(report: &Report, incident: &Incident, evidence: usize) -> Self {
        Self {
            id: incident.id.clone(),
            severity: incident.severity.into(),
            confidence: incident.confidence.into(),
            root: (&incident.root).into(),
            title: incident.title.clone(),
            since: incident.since.map(|since| since.to_string()),
            reaches: (&incident.impact).into(),
            follows: incident.members.len() - usize::from(incident.root_is_found()),
            evidence: incident.evidence(&report.findings).iter().take(evidence).map(Evidence::from).collect(),
            next: incident.steps(&report.findings).first().map(|step| step.command.clone()),
        }
    }
}

/// One object of a causal chain, in the order it is drawn: what it hangs on comes before it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChainLink {
    /// 0 for the root; one more than the object it hangs on
    pub depth: usize,
    pub object: Object,
    /// What it does to the object it hangs on, such as runs on, mounts, selects, calls; absent for the root
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// The relation was concluded from an address in an environment variable
    pub inferred: bool,
    /// Absent where nothing was found on the object itself
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How many more objects of the kind hang here with the same finding
    pub alike: usize,
}

/// The chain within `most` objects, and how many were left out.
pub fn chain_links(report: &Report, incident: &Incident, most: usize) -> (Vec<ChainLink>, usize) {
    let mut links = Vec::new();
    flatten(report, &chain(&report.findings, incident), 0, &mut links);
    let more = links.len().saturating_sub(most);
    links.truncate(most);
    (links, more)
}

fn flatten(report: &Report, link: &Link, depth: usize, out: &mut Vec<ChainLink>) {
    let finding = link.finding.and_then(|at| report.findings.get(at));
    out.push(ChainLink {
        depth,
        object: (&link.object).into(),
        relation: link.via.map(|via| via.verb().to_owned()),
        inferred: link.via.is_some_and(Via::is_inferred),
        finding: finding.map(|finding| finding.id.clone()),
        title: finding.map(|finding| finding.title.clone()),
        since: finding.and_then(|finding| finding.since.as_ref()).map(|since| since.at.to_string()),
        alike: link.alike,
    });
    for below in &link.below {
        flatten(report, below, depth + 1, out);
    }
}
