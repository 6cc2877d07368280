//! Whether the cluster can be updated: what blocks it, what will break, what will hold it up; and while an update runs,
//! where it stands and on what. Judged from findings, so that nothing is looked at twice.

mod progress;
mod weight;

use crate::ordered::Ordered;
use serde::Serialize;

use crate::cluster::Cluster;
use crate::coverage::Seen;
use crate::finding::Finding;
use crate::model::Kind;
use crate::model::cluster_version::ClusterVersion;
use crate::releases;
use crate::report::Report;
use crate::time::Time;

pub use progress::{Pool, Progress};
pub use weight::Weight;

/// In one word; the first that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// An update runs and moves.
    Updating,
    /// An update runs and something keeps it from ending.
    Stuck,
    /// No update can begin, or it would not end.
    Blocked,
    /// Updates within the minor version can be made, the next minor version cannot be begun.
    BlockedForMinor,
    /// It can be begun, but something would break or hold it up.
    Risky,
    /// Too little was seen to say so.
    Unknown,
    Ready,
}

impl State {
    pub const fn words(self) -> &'static str {
        match self {
            State::Updating => "an update runs",
            State::Stuck => "an update runs and does not get on",
            State::Blocked => "not ready: something blocks every update",
            State::BlockedForMinor => "ready for patches; the next minor version is blocked",
            State::Risky => "can be begun, but something would break or hold it up",
            State::Unknown => "unknown: too little was seen to call it ready",
            State::Ready => "ready: nothing that was seen stands in the way",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    pub state: State,
    /// Of OpenShift, else the newest kubelet's; empty when neither was seen.
    pub version: String,
    pub channel: String,
    /// Until when this release is looked after; nothing for releases that are not in the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What stands in the way, the heaviest first.
    pub obstacles: Vec<Obstacle>,
    /// What would have had to be seen to be sure.
    pub not_seen: Vec<String>,
}

/// From the built-in table of life cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Life {
    pub maintained_until: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_until: Option<Time>,
    /// When the table was last compared with Red Hat's.
    pub table_as_of: &'static str,
}

/// A finding that matters for an update.
#[derive(Clone, Debug, Serialize)]
pub struct Obstacle {
    pub weight: Weight,
    /// Position among the report's findings.
    pub finding: usize,
}

/// Kinds without which nobody can call a cluster ready.
const NEEDED: [Kind; 5] =
    [Kind::ClusterVersion, Kind::ClusterOperator, Kind::Node, Kind::MachineConfigPool, Kind::PodDisruptionBudget];

pub fn readiness(cluster: &Cluster, report: &Report) -> Readiness {
    let mut obstacles: Vec<Obstacle> = report
        .findings
        .iter()
        .enumerate()
        .filter_map(|(finding, it)| Some(Obstacle { weight: weight::of(it)?, finding }))
        .collect();
    let root_first = |obstacle: &Obstacle| report.findings[obstacle.finding].explained_by.is_some();
    obstacles.put_in_order_by_key(|obstacle| (obstacle.weight, root_first(obstacle), obstacle.finding));
    let version = cluster.cluster_versions.iter().next();
    let progress = version.and_then(|version| progress::of(cluster, report, version));
    let not_seen = not_seen(cluster);
    Readiness {
        state: state(&obstacles, progress.as_ref(), &not_seen),
        version: report.cluster.version.clone(),
        channel: version.map(|version| version.channel.to_string()).unwrap_or_default(),
        life: version.and_then(life),
        progress,
        obstacles,
        not_seen,
    }
}

fn life(version: &ClusterVersion) -> Option<Life> {
    let life = releases::life_cycle(&version.installed()?.version)?;
    let (maintained_until, extended_until) = (life.maintained_until, life.extended_until);
    Some(Life { maintained_until, extended_until, table_as_of: releases::LIFE_CYCLES_AS_OF })
}

fn state(obstacles: &[Obstacle], progress: Option<&Progress>, not_seen: &[String]) -> State {
    if let Some(progress) = progress {
        return if progress.stuck_on.is_some() { State::Stuck } else { State::Updating };
    }
    match obstacles.first().map(|obstacle| obstacle.weight) {
        Some(Weight::Blocks) => State::Blocked,
        Some(Weight::BlocksMinor) => State::BlockedForMinor,
        Some(Weight::Breaks | Weight::HoldsUp) => State::Risky,
        _ if !not_seen.is_empty() => State::Unknown,
        _ => State::Ready,
    }
}

fn not_seen(cluster: &Cluster) -> Vec<String> {
    let why = |kind: &Kind| match cluster.coverage.of(*kind) {
        Seen::Complete | Seen::InNamespaces(_) => None,
        Seen::NotSeen(reason) if reason.is_no_gap() => None,
        Seen::Partial { why } => Some(format!("{}: {why}", kind.plural())),
        Seen::Stale { since, why, .. } => Some(format!("{}: not followed since {since}: {why}", kind.plural())),
        Seen::NotSeen(reason) => Some(format!("{}: {}", kind.plural(), reason.words())),
    };
    NEEDED.iter().filter_map(why).collect()
}

impl Obstacle {
    pub fn finding<'r>(&self, report: &'r Report) -> Option<&'r Finding> {
        report.findings.get(self.finding)
    }
}

#[cfg(test)]
mod tests;
