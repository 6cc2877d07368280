//! Where a running update stands: operators done, nodes done in each pool, and the root cause of a standstill.

use serde::Serialize;

use crate::cluster::Cluster;
use crate::model::cluster_version::ClusterVersion;
use crate::report::Report;
use crate::time::Time;

#[derive(Clone, Debug, Serialize)]
pub struct Progress {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    pub to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Time>,
    pub operators_done: usize,
    pub operators: usize,
    /// Operators still at the old version, sorted.
    pub waiting: Vec<String>,
    pub pools: Vec<Pool>,
    /// Identifier of the incident that keeps it from ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck_on: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Pool {
    pub name: String,
    pub updated: u32,
    pub machines: u32,
    pub paused: bool,
}

/// Findings that say that an update does not get on.
const STANDSTILL: [&str; 4] =
    ["version-update-stuck", "version-failing", "machine-config-pool-stuck", "machine-config-pool-degraded"];

/// Nothing unless an update runs.
pub(super) fn of(cluster: &Cluster, report: &Report, version: &ClusterVersion) -> Option<Progress> {
    let update = version.unfinished()?;
    let operators = cluster.cluster_operators.iter();
    let (done, waiting): (Vec<_>, Vec<_>) = operators.partition(|operator| operator.version == version.desired);
    let pools = cluster.machine_config_pools.iter().map(|pool| Pool {
        name: pool.meta.name.to_string(),
        updated: pool.updated,
        machines: pool.machines,
        paused: pool.paused,
    });
    let stands = |finding: usize| STANDSTILL.contains(&report.findings[finding].check);
    let stuck = report.incidents.iter().find(|incident| incident.members.iter().any(|it| stands(it.finding)));
    Some(Progress {
        from: version.installed().map(|installed| installed.version.to_string()).unwrap_or_default(),
        to: update.version.to_string(),
        started: update.started,
        operators_done: done.len(),
        operators: done.len() + waiting.len(),
        waiting: waiting.iter().map(|operator| operator.meta.name.to_string()).collect(),
        pools: pools.collect(),
        stuck_on: stuck.map(|incident| incident.id.clone()),
    })
}
