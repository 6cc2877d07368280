//! All checks on one moment of a cluster: the verdict, the findings worst and causes first, and what was not seen.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::checks::{self, Check};
use crate::cluster::{Cluster, Phases};
use crate::coverage::{Reason, Seen};
use crate::finding::{Finding, Severity};
use crate::incidents::{self, Incident};
use crate::model::Kind;
use crate::name::Name;
use crate::time::Time;
use crate::view::View;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Healthy,
    /// Too little was seen to say that the cluster is healthy, and nothing bad was seen; or what was seen is too old.
    Unknown,
    /// There are warnings.
    Degraded,
    /// There are critical findings.
    Unhealthy,
}

impl Verdict {
    pub const ALL: [Verdict; 4] = [Verdict::Healthy, Verdict::Unknown, Verdict::Degraded, Verdict::Unhealthy];

    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Healthy => "healthy",
            Verdict::Unknown => "unknown",
            Verdict::Degraded => "degraded",
            Verdict::Unhealthy => "unhealthy",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub verdict: Verdict,
    /// The moment assessed: now for a live cluster, the time of collection for an archive.
    pub as_of: Time,
    pub cluster: Identity,
    pub counts: Counts,
    /// Worst first; each points into `findings`.
    pub incidents: Vec<Incident>,
    /// Root causes in the order of their incidents, then what is information only, then what follows from the roots.
    pub findings: Vec<Finding>,
    pub coverage: CoverageReport,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Identity {
    /// `OpenShift` or `Kubernetes`
    pub product: &'static str,
    /// Of OpenShift, else the newest kubelet's; empty when neither was seen.
    pub version: String,
    pub nodes: usize,
    pub nodes_ready: usize,
    pub namespaces: usize,
    pub pods: Phases,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub critical: usize,
    pub warning: usize,
    pub info: usize,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct CoverageReport {
    /// Checks that could look at all they need.
    pub checks_run: usize,
    /// Checks that could not look, or not at everything.
    pub checks_blind: Vec<BlindCheck>,
    /// Checks for kinds this cluster does not serve.
    pub checks_not_applicable: usize,
    pub kinds: Vec<KindCoverage>,
    /// The namespaces the source shows, when it does not show all; where that differs by kind, the most of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_namespaces: Option<BTreeSet<Name>>,
    /// The source has lost sight of something nobody can do without, so the verdict is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
}

/// Since when, and why, the state is no longer followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    pub since: Time,
    pub because: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct BlindCheck {
    pub check: &'static str,
    pub because: String,
}

/// A kind that was not seen, or not all of it.
#[derive(Clone, Debug, Serialize)]
pub struct KindCoverage {
    pub kind: Kind,
    pub because: String,
}

/// Runs every check.
pub fn assess(cluster: &Cluster, now: Time) -> Report {
    let view = View::new(cluster, now);
    let mut findings = Vec::new();
    let mut coverage = coverage_of(cluster);
    for check in checks::ALL {
        match sight(cluster, check) {
            Sight::Full => coverage.checks_run += 1,
            Sight::Partial(because) => coverage.checks_blind.push(BlindCheck { check: check.id, because }),
            Sight::NotApplicable => {
                coverage.checks_not_applicable += 1;
                continue;
            }
            Sight::None(because) => {
                coverage.checks_blind.push(BlindCheck { check: check.id, because });
                continue;
            }
        }
        (check.run)(&view, &mut findings);
    }
    let (findings, incidents) = incidents::join(&view, findings);
    let counts = count(&findings);
    let (verdict, cluster) = (verdict(&counts, cluster), identity(&view));
    Report { verdict, as_of: now, cluster, counts, incidents, findings, coverage }
}

enum Sight {
    Full,
    Partial(String),
    NotApplicable,
    None(String),
}

fn sight(cluster: &Cluster, check: &Check) -> Sight {
    let mut partial = None;
    for &kind in check.needs {
        match cluster.coverage.of(kind) {
            Seen::Complete | Seen::InNamespaces(_) => {}
            Seen::NotSeen(reason) if reason.is_no_gap() => return Sight::NotApplicable,
            Seen::NotSeen(reason) => return Sight::None(format!("{kind}: {reason}")),
            Seen::Partial { why } => partial = Some(format!("{kind}: {why}")),
            Seen::Stale { since, why, .. } => partial = Some(format!("{kind}: not followed since {since}: {why}")),
        }
    }
    partial.map_or(Sight::Full, Sight::Partial)
}

fn coverage_of(cluster: &Cluster) -> CoverageReport {
    let mut report = CoverageReport::default();
    for (kind, seen) in cluster.coverage.iter() {
        let because = match seen {
            Seen::Complete => continue,
            Seen::NotSeen(reason) if reason.is_no_gap() => continue,
            Seen::InNamespaces(names) => {
                if report.only_namespaces.as_ref().is_none_or(|known| known.len() < names.len()) {
                    report.only_namespaces = Some(BTreeSet::clone(names));
                }
                continue;
            }
            Seen::Partial { why } => why.clone(),
            Seen::Stale { since, why, .. } => {
                report.stale = oldest(report.stale.take(), kind, *since, why);
                format!("not followed since {since}: {why}")
            }
            Seen::NotSeen(reason) => reason.words().to_owned(),
        };
        report.kinds.push(KindCoverage { kind, because });
    }
    report
}

fn oldest(known: Option<Stale>, kind: Kind, since: Time, why: &str) -> Option<Stale> {
    let later = known.as_ref().is_some_and(|known| known.since <= since);
    if later || !ESSENTIAL.contains(&kind) { known } else { Some(Stale { since, because: why.to_owned() }) }
}

/// Kinds without which nobody can call a cluster healthy.
pub const ESSENTIAL: [Kind; 4] = [Kind::Node, Kind::Pod, Kind::ClusterVersion, Kind::ClusterOperator];

fn verdict(counts: &Counts, cluster: &Cluster) -> Verdict {
    let blind = |&kind: &Kind| {
        matches!(
            cluster.coverage.of(kind),
            Seen::Partial { .. }
                | Seen::NotSeen(
                    Reason::NotYet | Reason::Forbidden | Reason::NotCollected | Reason::TimedOut | Reason::Failed
                )
        )
    };
    let stale = |&kind: &Kind| matches!(cluster.coverage.of(kind), Seen::Stale { .. });
    if ESSENTIAL.iter().any(stale) {
        Verdict::Unknown
    } else if counts.critical > 0 {
        Verdict::Unhealthy
    } else if counts.warning > 0 {
        Verdict::Degraded
    } else if ESSENTIAL.iter().any(blind) || cluster.nodes.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Healthy
    }
}

fn count(findings: &[Finding]) -> Counts {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    Counts { critical: of(Severity::Critical), warning: of(Severity::Warning), info: of(Severity::Info) }
}

fn identity(view: &View) -> Identity {
    let cluster = view.cluster;
    let openshift = cluster.cluster_versions.iter().next().map(|version| &version.desired);
    let kubelet = cluster.nodes.iter().map(|node| &node.kubelet).max();
    Identity {
        product: if view.is_openshift() { "OpenShift" } else { "Kubernetes" },
        version: openshift.or(kubelet).map(Name::to_string).unwrap_or_default(),
        nodes: cluster.nodes.len(),
        nodes_ready: cluster.nodes.iter().filter(|node| node.is_ready()).count(),
        namespaces: cluster.namespaces.len(),
        pods: cluster.standing().phases(),
    }
}
