//! What each check's findings mean for an update.

use serde::Serialize;

use crate::finding::{Finding, Severity};

/// Heaviest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// No update begins, or it stops half-way.
    Blocks,
    /// Patches pass, the next minor version does not.
    BlocksMinor,
    /// Something in use works no more afterwards.
    Breaks,
    /// Nodes are not drained or not updated until somebody acts.
    HoldsUp,
    /// Not in the way, but it limits the time there is.
    Expires,
}

impl Weight {
    pub const ALL: [Weight; 5] =
        [Weight::Blocks, Weight::BlocksMinor, Weight::Breaks, Weight::HoldsUp, Weight::Expires];

    pub const fn words(self) -> &'static str {
        match self {
            Weight::Blocks => "Blocks every update",
            Weight::BlocksMinor => "Blocks the next minor version",
            Weight::Breaks => "Will break",
            Weight::HoldsUp => "Will hold it up",
            Weight::Expires => "Has a date",
        }
    }
}

/// Checks that matter for updates. Those that do not are named in the tests, so that every new check is weighed.
const BY_CHECK: &[(&str, Weight)] = &[
    ("version-failing", Weight::Blocks),
    ("version-overrides", Weight::BlocksMinor),
    ("version-release-not-accepted", Weight::Blocks),
    ("version-unavailable", Weight::Blocks),
    ("version-operator-down", Weight::Blocks),
    ("version-updates-not-retrieved", Weight::HoldsUp),
    ("version-not-upgradeable", Weight::BlocksMinor),
    ("version-update-risk", Weight::Breaks),
    ("version-end-of-life", Weight::Expires),
    ("operator-degraded", Weight::Blocks),
    ("operator-flapping", Weight::HoldsUp),
    ("operator-unavailable", Weight::Blocks),
    ("operator-not-upgradeable", Weight::BlocksMinor),
    ("operator-no-status", Weight::Blocks),
    ("api-removed-version-in-use", Weight::Breaks),
    ("api-webhook-without-backend", Weight::HoldsUp),
    ("api-webhook-failing", Weight::HoldsUp),
    ("api-conversion-webhook-down", Weight::HoldsUp),
    ("etcd-alarm", Weight::Blocks),
    ("etcd-database-large", Weight::HoldsUp),
    ("etcd-no-answer", Weight::Blocks),
    ("etcd-member-down", Weight::Blocks),
    ("etcd-members-degraded", Weight::Blocks),
    ("control-plane-pods-not-ready", Weight::Blocks),
    ("control-plane-revision-stuck", Weight::Blocks),
    ("machine-config-pool-degraded", Weight::Blocks),
    ("machine-config-node-degraded", Weight::HoldsUp),
    ("machine-config-pool-paused", Weight::HoldsUp),
    ("machine-config-pool-stuck", Weight::HoldsUp),
    ("machine-config-certificate-expiring", Weight::Expires),
    ("certificate-bundle-expiring", Weight::Expires),
    ("certificate-request-pending", Weight::HoldsUp),
    ("disruption-budget-never-allows", Weight::HoldsUp),
    ("disruption-budget-blocks-drain", Weight::HoldsUp),
    ("node-not-ready", Weight::HoldsUp),
    ("node-cordoned", Weight::HoldsUp),
    ("node-control-plane-short", Weight::Blocks),
    ("node-version-skew", Weight::HoldsUp),
    ("node-version-differs", Weight::HoldsUp),
    ("node-flapping", Weight::HoldsUp),
    ("node-lease-stale", Weight::HoldsUp),
    ("node-network-unavailable", Weight::HoldsUp),
    ("node-pressure", Weight::HoldsUp),
    // Pods of a drained node find no room
    ("node-role-full", Weight::HoldsUp),
    ("node-loss-without-room", Weight::HoldsUp),
    ("node-sandbox-failing", Weight::HoldsUp),
    ("control-plane-leader-missing", Weight::Blocks),
    ("control-plane-unmanaged", Weight::Blocks),
    ("api-service-unavailable", Weight::HoldsUp),
    ("machine-config-node-step-failed", Weight::HoldsUp),
    ("machine-config-node-without-pool", Weight::HoldsUp),
    ("disruption-budget-bad-selector", Weight::HoldsUp),
    ("disruption-budget-short", Weight::HoldsUp),
    // A drain waits until they are gone
    ("pod-terminating-stuck", Weight::HoldsUp),
    ("network-dns-degraded", Weight::HoldsUp),
    ("network-migration-running", Weight::HoldsUp),
    ("network-plugin-missing-on-node", Weight::HoldsUp),
    // The release is fetched through it
    ("network-proxy-not-accepted", Weight::HoldsUp),
    ("registry-pulls-failing", Weight::HoldsUp),
    ("operator-version-skew", Weight::HoldsUp),
    ("olm-operator-holds-upgrade", Weight::HoldsUp),
    // Volumes have to follow the pods of a drained node
    ("storage-attachment-failed", Weight::HoldsUp),
    ("storage-driver-degraded", Weight::HoldsUp),
    ("storage-driver-missing-on-node", Weight::HoldsUp),
    ("storage-ceph-unhealthy", Weight::HoldsUp),
    ("storage-storage-cluster-unready", Weight::HoldsUp),
];

pub(super) fn of(finding: &Finding) -> Option<Weight> {
    let weight = BY_CHECK.iter().find(|(check, _)| *check == finding.check).map(|(_, weight)| *weight)?;
    // What an operator mentions for information does not stop patches
    let mild = finding.severity == Severity::Info && weight == Weight::Blocks;
    (!mild).then_some(weight)
}

#[cfg(test)]
pub(super) fn checks() -> impl Iterator<Item = &'static str> {
    BY_CHECK.iter().map(|(check, _)| *check)
}
