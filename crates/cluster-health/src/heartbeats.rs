//! Leases against one another: the newest of all tells the time, so that no clock has to be trusted.

use std::time::Duration;

use crate::model::lease::Lease;
use crate::time::Time;
use crate::view::View;

/// Where kubelets keep their leases.
pub const NODE_LEASES: &str = "kube-node-lease";

/// By how much a lease is behind the newest one; nothing when it was never renewed.
pub fn behind(view: &View, lease: &Lease) -> Option<Duration> {
    Some(newest(view)?.since(lease.renewed?))
}

/// When anybody last renewed a lease.
fn newest(view: &View) -> Option<Time> {
    *view.newest_lease.get_or_init(|| view.cluster.leases.iter().filter_map(|lease| lease.renewed).max())
}
