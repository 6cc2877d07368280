//! Which budgets keep pods on a node that is to be emptied.

use std::collections::HashMap;

use crate::model::node::Node;
use crate::model::pod::{Phase, Pod};
use crate::model::pod_disruption_budget::PodDisruptionBudget;
use crate::time::Time;
use crate::view::View;

/// A pod on a cordoned node, and the budget that forbids its eviction.
#[derive(Debug)]
pub struct Kept<'a> {
    pub node: &'a Node,
    pub budget: &'a PodDisruptionBudget,
    pub pod: &'a Pod,
}

impl<'a> View<'a> {
    /// Pods that may not be evicted from cordoned nodes, by budget. Looks at the pods of those namespaces only where a
    /// budget allows nothing, and only while a node is cordoned.
    pub fn kept_by_budgets(&self) -> &[Kept<'a>] {
        self.kept.get_or_init(|| {
            let cordoned: HashMap<&str, &Node> =
                self.cluster.nodes.iter().filter(|it| it.cordoned).map(|it| (&*it.meta.name, it)).collect();
            if cordoned.is_empty() {
                return Vec::new();
            }
            let mut kept = Vec::new();
            let budgets = self.cluster.pod_disruption_budgets.iter();
            for budget in budgets.filter(|budget| budget.allowed == 0 && budget.expected > 0) {
                for pod in self.cluster.pods.in_namespace(&budget.meta.namespace) {
                    let node = cordoned.get(&*pod.node).filter(|_| is_evicted_by_drain(pod) && forbids(budget, pod));
                    kept.extend(node.map(|node| Kept { node, budget, pod }));
                }
            }
            kept
        })
    }

    /// Every pod a drain would move has left, except those that budgets keep: somebody is draining the node.
    pub fn is_drained_but_for_budgets(&self, node: &Node) -> bool {
        let kept = self.kept_by_budgets();
        let is_kept = |pod: &Pod| kept.iter().any(|kept| std::ptr::eq(kept.pod, pod));
        let mut left = self.pods_on(&node.meta.name).iter().filter(|pod| is_evicted_by_drain(pod));
        left.all(|pod| is_kept(pod))
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
    budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.meta.labels)) && !may_go
}
