//! What an update of the platform waits for: the version for operators and pools, a pool for its nodes and for the
//! budgets that keep pods on them, a node for those budgets.

use crate::model::machine_config_pool::MachineConfigPool;
use crate::model::{ObjectRef, Resource};
use crate::view::View;

use super::{Edges, Via};

/// Operators that say they do not work or are still at another version; and pools that are being updated, unless their
/// operator says itself that it is in trouble.
pub(super) fn version_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(version) = view.cluster.cluster_versions.get("", &object.name) else { return };
    let operators = view.cluster.cluster_operators.iter();
    let behind = operators.filter(|it| it.is_in_trouble() || it.is_behind(&version.desired));
    behind.for_each(|operator| edges.put(Via::WaitsFor, operator.reference()));
    let operator = view.cluster.cluster_operators.get("", "machine-config");
    if operator.is_some_and(|operator| operator.is_in_trouble()) {
        return;
    }
    let updating = |pool: &&MachineConfigPool| pool.conditions.is_true("Updating");
    let pools = view.cluster.machine_config_pools.iter().filter(updating);
    pools.for_each(|pool| edges.put(Via::WaitsFor, pool.reference()));
}

/// Nodes that failed or are down, and budgets that keep pods on those that are to be emptied.
pub(super) fn pool_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(pool) = view.cluster.machine_config_pools.get("", &object.name) else { return };
    for node in view.nodes_of(pool) {
        view.budgets_holding(node).for_each(|budget| edges.put(Via::WaitsFor, budget));
        if node.is_config_degraded() || !node.is_ready() {
            edges.put(Via::WaitsFor, node.reference());
        }
    }
}

/// Budgets that keep pods on it while it is to be emptied.
pub(super) fn node_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    if let Some(node) = view.node(&object.name) {
        view.budgets_holding(node).for_each(|budget| edges.put(Via::WaitsFor, budget));
    }
}
