//! The parts of the control plane that run as static pods, one a control-plane node.

use crate::finding::listed;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::static_pod_operator::StaticPodOperator;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// The ClusterOperator that keeps it.
    pub operator: &'static str,
    pub namespace: &'static str,
    /// The label `app` of its pods.
    pub app: &'static str,
}

/// How a component fares.
#[derive(Debug)]
pub struct Members<'a> {
    /// How many there should be.
    pub wanted: usize,
    /// Those that have not been ready for longer than a roll-out or a restart by an update takes.
    pub unready: Vec<&'a Pod>,
    /// Control-plane nodes without one.
    pub missing: Vec<&'a Node>,
}

impl Members<'_> {
    pub fn lost(&self) -> usize {
        self.unready.len() + self.missing.len()
    }

    pub fn ready(&self) -> usize {
        self.wanted - self.lost()
    }

    /// Since when the first of them has not been ready.
    pub fn since(&self) -> Option<Time> {
        self.unready.iter().filter_map(|pod| pod.failing_condition("Ready")?.since).min()
    }

    /// Where they are not.
    pub fn nodes(&self) -> String {
        let missing = self.missing.iter().map(|node| node.meta.name.as_str());
        listed(self.unready.iter().map(|pod| pod.node.as_str()).chain(missing))
    }

    /// Their nodes where those are not ready, and the pods themselves.
    pub fn causes(&self, view: &View) -> Vec<ObjectRef> {
        let mut causes = view.dead_nodes(&self.unready);
        causes.extend(self.missing.iter().filter(|node| !node.is_ready()).map(|node| node.reference()));
        causes.extend(self.unready.iter().map(|pod| pod.reference()));
        causes
    }
}

impl Component {
    pub fn operator(&self) -> ObjectRef {
        ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from(self.operator))
    }

    /// Nothing when it cannot be told, or when the control plane runs elsewhere: no such pod at all.
    pub fn members<'a>(&self, view: &View<'a>) -> Option<Members<'a>> {
        if view.installing() || !view.seen_in(Kind::Pod, self.namespace) {
            return None;
        }
        let pods = view.cluster.pods.in_namespace(self.namespace);
        let pods: Vec<&Pod> =
            pods.filter(|pod| pod.meta.labels.get("app").is_some_and(|app| app == self.app)).collect();
        if pods.is_empty() {
            return None;
        }
        let nodes = view.cluster.nodes.iter().filter(|node| node.is_control_plane());
        let lacks = |node: &&Node| !pods.iter().any(|pod| pod.node == node.meta.name);
        let is_new = |node: &Node| !view.held(node.meta.created, thresholds::NOT_READY_HOLD);
        let missing: Vec<&Node> = nodes.filter(lacks).filter(|node| !is_new(node)).collect();
        let wanted = pods.len() + missing.len();
        let unready = pods.into_iter().filter(|pod| !pod.ready && has_lasted(view, pod)).collect();
        Some(Members { wanted, unready, missing })
    }
}

impl<'a> View<'a> {
    /// The operators of static pods, each with the name of its ClusterOperator.
    pub fn static_pod_operators(&self) -> impl Iterator<Item = (&'static str, &'a StaticPodOperator)> {
        let cluster = self.cluster;
        let etcd = cluster.etcds.iter().map(|it| ("etcd", &it.0));
        let api = cluster.kube_api_servers.iter().map(|it| ("kube-apiserver", &it.0));
        let manager = cluster.kube_controller_managers.iter().map(|it| ("kube-controller-manager", &it.0));
        let scheduler = cluster.kube_schedulers.iter().map(|it| ("kube-scheduler", &it.0));
        etcd.chain(api).chain(manager).chain(scheduler)
    }
}

/// Longer than a roll-out, and than the restart of its node during an update.
fn has_lasted(view: &View, pod: &Pod) -> bool {
    let since = pod.failing_condition("Ready").and_then(|ready| ready.since).or(pod.meta.created);
    let restarted = view.updating() || view.node(&pod.node).is_some_and(Node::is_being_updated);
    view.held(since, if restarted { thresholds::NOT_READY_HOLD } else { thresholds::STATIC_POD_HOLD })
}
