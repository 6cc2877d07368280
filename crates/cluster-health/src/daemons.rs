//! On which nodes a DaemonSet does not serve.

use std::collections::BTreeMap;

use crate::model::daemon_set::DaemonSet;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

/// A ready node on which a DaemonSet's pod is not ready, or is missing altogether.
#[derive(Debug)]
pub struct Gap<'a> {
    pub node: &'a Node,
    pub pod: Option<&'a Pod>,
}

impl Gap<'_> {
    /// When the pod stopped being ready; nothing when there is no pod, or it does not say.
    pub fn since(&self) -> Option<Time> {
        self.pod?.failing_condition("Ready")?.since
    }
}

impl<'a> View<'a> {
    /// What provides volumes under this name on the nodes: DaemonSets that register such a driver with the kubelets, and
    /// the platform's own driver.
    pub fn drivers(&self, driver: &Name) -> impl Iterator<Item = ObjectRef> {
        let sets = self.cluster.daemon_sets.iter().filter(|set| set.template.csi_driver == *driver);
        sets.map(Resource::reference).chain([ObjectRef::new(Kind::ClusterCSIDriver, &Name::empty(), driver)])
    }

    /// Nodes that are ready and on which the DaemonSet has no ready pod, in order. Nodes without a pod count only when
    /// they have been ready for a while and the set itself says that it lacks pods outside a roll-out, since it need not
    /// want one on every node. Looks at the pods of the namespace only when the set says that something is not ready.
    pub fn gaps(&self, set: &DaemonSet) -> Vec<Gap<'a>> {
        if set.ready >= set.desired || !self.seen_in(Kind::Pod, &set.meta.namespace) {
            return Vec::new();
        }
        let mut by_node: BTreeMap<&str, &Pod> = BTreeMap::new();
        for pod in self.cluster.pods.in_namespace(&set.meta.namespace).filter(|pod| is_of(pod, set)) {
            let kept = by_node.entry(&pod.node).or_insert(pod);
            if pod.ready {
                *kept = pod;
            }
        }
        let lacks_pods = set.current < set.desired && set.updated >= set.current;
        let is_settled = |node: &Node| {
            let since = node.conditions.get("Ready").and_then(|ready| ready.since);
            self.held(since, thresholds::NODE_NETWORK_HOLD)
        };
        let gap = |node: &'a Node| match by_node.get(&*node.meta.name).copied() {
            Some(pod) => (!pod.ready).then_some(Gap { node, pod: Some(pod) }),
            None => (lacks_pods && is_settled(node) && !refuses_pods(node)).then_some(Gap { node, pod: None }),
        };
        self.cluster.nodes.iter().filter(|node| node.is_ready()).filter_map(gap).collect()
    }
}

fn is_of(pod: &Pod, set: &DaemonSet) -> bool {
    pod.meta.owner.as_ref().is_some_and(|owner| owner.kind == Kind::DaemonSet.name() && owner.name == set.meta.name)
}

/// A taint of the administrator's own; those of roles and of the node's state do not keep out the platform's sets.
fn refuses_pods(node: &Node) -> bool {
    let known = |key: &str| key.starts_with("node.kubernetes.io/") || key.starts_with("node-role.kubernetes.io/");
    node.taints.iter().any(|taint| taint.effect != "PreferNoSchedule" && !known(&taint.key))
}
