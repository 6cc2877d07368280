//! Which budgets keep pods on a node that is to be emptied.

use crate::model::node::Node;
use crate::model::pod::{Phase, Pod};
use crate::model::pod_disruption_budget::PodDisruptionBudget;
use crate::time::Time;
use crate::view::View;

impl<'a> View<'a> {
    /// Pods of a cordoned node that may not be evicted, each with the budget that forbids it. Empty for other nodes.
    pub fn kept_by_budgets(&self, node: &Node) -> Vec<(&'a PodDisruptionBudget, &'a Pod)> {
        if !node.cordoned {
            return Vec::new();
        }
        let budgets: Vec<_> = self
            .cluster
            .pod_disruption_budgets
            .iter()
            .filter(|budget| budget.allowed == 0 && budget.expected > 0)
            .collect();
        if budgets.is_empty() {
            return Vec::new();
        }
        let pods = self.pods_on(&node.meta.name).iter().filter(|pod| is_evicted_by_drain(pod));
        pods.flat_map(|&pod| {
            budgets.iter().filter(move |budget| forbids(budget, pod)).map(move |&budget| (budget, pod))
        })
        .collect()
    }

    /// Every pod a drain would move has left, except those that budgets keep: somebody is draining the node.
    pub fn is_drained_but_for(&self, node: &Node, kept: &[(&PodDisruptionBudget, &Pod)]) -> bool {
        let mut left = self.pods_on(&node.meta.name).iter().filter(|pod| is_evicted_by_drain(pod));
        left.all(|pod| {
            kept.iter().any(|(_, one)| one.meta.name == pod.meta.name && one.meta.namespace == pod.meta.namespace)
        })
    }
}

/// Since when a node takes no new pods.
pub fn cordoned_since(node: &Node) -> Option<Time> {
    node.taints.iter().find(|taint| taint.key == "node.kubernetes.io/unschedulable")?.added
}

/// Drains leave alone what a DaemonSet or the node itself would start again, and what is done or going.
fn is_evicted_by_drain(pod: &Pod) -> bool {
    let stays = pod.meta.owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet" || owner.kind == "Node");
    !stays && pod.phase == Phase::Running && pod.meta.deletion.is_none()
}

/// Pods that are not ready may go when the budget says so, or when enough others are healthy.
fn forbids(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let may_go = !pod.ready && (budget.evicts_unhealthy || budget.healthy >= budget.desired_healthy);
    budget.meta.namespace == pod.meta.namespace
        && budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.meta.labels))
        && !may_go
}
