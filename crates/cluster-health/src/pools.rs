//! Which nodes a MachineConfigPool rolls its configuration out to, and what holds them up.

use std::collections::BTreeSet;

use crate::finding::{Finding, listed};
use crate::model::machine_config_pool::MachineConfigPool;
use crate::model::node::Node;
use crate::model::{ObjectRef, Resource};
use crate::time::Time;
use crate::view::View;

impl MachineConfigPool {
    /// The pool of the control plane.
    pub fn is_control_plane(&self) -> bool {
        self.meta.name == "master"
    }
}

impl Node {
    /// The machine config daemon gave up on it.
    pub fn is_config_degraded(&self) -> bool {
        matches!(self.machine_config.state.as_str(), "Degraded" | "Unreconcilable")
    }
}

impl<'a> View<'a> {
    pub fn nodes_of(&self, pool: &'a MachineConfigPool) -> impl Iterator<Item = &'a Node> {
        self.cluster.nodes.iter().filter(|node| pool.selector.matches(&node.meta.labels))
    }

    /// What would explain that a node is not through with its configuration: budgets that keep its pods.
    pub fn budgets_holding(&self, node: &Node) -> impl Iterator<Item = ObjectRef> {
        let of_node = self.kept_by_budgets().iter().filter(|kept| std::ptr::eq(kept.node, node));
        of_node.map(|kept| kept.budget.reference())
    }

    /// Names the budgets that keep pods on these nodes.
    pub fn name_budgets<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>, finding: Finding) -> Finding {
        let budgets: BTreeSet<_> = nodes.into_iter().flat_map(|node| self.budgets_holding(node)).collect();
        if budgets.is_empty() {
            return finding;
        }
        let names: Vec<String> = budgets.iter().map(|it| format!("{}/{}", it.namespace, it.name)).collect();
        finding.fact("PodDisruptionBudgets that forbid evictions", listed(names.iter().map(String::as_str)))
    }

    /// When a node of the pool was last seen to leave or come back.
    pub fn last_step(&self, pool: &'a MachineConfigPool) -> Option<Time> {
        let ready = |node: &Node| node.conditions.get("Ready").and_then(|ready| ready.since);
        self.nodes_of(pool).filter_map(|node| ready(node).max(crate::budgets::cordoned_since(node))).max()
    }
}
