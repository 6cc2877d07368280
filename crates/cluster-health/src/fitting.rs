//! Why no node takes a pod: each node's first reason, worked out from the pod's spec and the nodes as they are.

use std::collections::BTreeMap;

use crate::model::node::Node;
use crate::model::pod::{Amounts, Container, Placement, Pod, STATE_TAINTS};
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::quantity::Quantity;
use crate::view::View;

/// Why a node does not take a pod, in the order in which it is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// Its labels are not those the pod asks for.
    Labels,
    /// A taint of this key that the pod does not tolerate.
    Taint(Name),
    /// Cordoned, not ready or under pressure.
    Away,
    /// It has less of this than the pod asks for, even when empty.
    TooSmall(&'static str),
    /// Too little of this is left beside what other pods ask for.
    Taken(&'static str),
}

/// How many nodes have which first reason; those that would take the pod, as far as can be told, are left out.
pub type Misfits = BTreeMap<Misfit, usize>;

impl View<'_> {
    /// Nothing when not all nodes and pods were seen.
    pub fn misfits(&self, pod: &Pod) -> Option<Misfits> {
        if !self.all_seen(Kind::Node) || self.cluster.nodes.is_empty() {
            return None;
        }
        let wanted = pod.template.requests;
        let mut misfits = Misfits::new();
        for node in self.cluster.nodes.iter() {
            if let Some(misfit) = self.misfit(node, pod.template.placement.as_deref(), wanted) {
                *misfits.entry(misfit).or_default() += 1;
            }
        }
        Some(misfits)
    }

    /// What stands for the nodes of a role, which are no object of the API.
    pub fn role(&self, role: &str) -> ObjectRef {
        ObjectRef { kind: "Role".into(), namespace: Name::empty(), name: Name::from(role) }
    }

    fn misfit(&self, node: &Node, placement: Option<&Placement>, wanted: Amounts) -> Option<Misfit> {
        let kept_out = keeps_out(node, placement).or_else(|| too_small(node, wanted));
        if kept_out.is_some() {
            return kept_out;
        }
        let taken = self.cluster.standing().load(&node.meta.name).requests;
        let all = [("cpu", wanted.cpu, node.cpu, taken.cpu), ("memory", wanted.memory, node.memory, taken.memory)];
        let short = all.iter().find(|(_, wanted, there, taken)| {
            let sum = wanted.map(|wanted| taken.map_or(wanted, |taken| wanted.plus(taken)));
            exceeds(sum, *there)
        });
        short.map(|(what, ..)| Misfit::Taken(what))
    }
}

/// Why the node takes no such pod whatever it asks for.
pub(crate) fn keeps_out(node: &Node, placement: Option<&Placement>) -> Option<Misfit> {
    if placement.is_some_and(|placement| !placement.selects(&node.meta.labels)) {
        return Some(Misfit::Labels);
    }
    let hard = |taint: &&crate::model::node::Taint| taint.effect != "PreferNoSchedule";
    let (state, other): (Vec<_>, Vec<_>) =
        node.taints.iter().filter(hard).partition(|taint| taint.key.starts_with(STATE_TAINTS));
    let refused = other.into_iter().find(|taint| !placement.is_some_and(|placement| placement.tolerates(taint)));
    if let Some(taint) = refused {
        return Some(Misfit::Taint(taint.key.clone()));
    }
    if node.cordoned || !node.is_ready() || !state.is_empty() {
        return Some(Misfit::Away);
    }
    None
}

/// What it asks for is more than the node has when empty.
pub(crate) fn too_small(node: &Node, wanted: Amounts) -> Option<Misfit> {
    let all = [
        ("cpu", wanted.cpu, node.cpu),
        ("memory", wanted.memory, node.memory),
        ("GPU", wanted.gpus, gpus(node, wanted)),
    ];
    all.iter().find(|(_, wanted, there)| exceeds(*wanted, *there)).map(|(what, ..)| Misfit::TooSmall(what))
}

/// A node that does not mention GPUs has none.
fn gpus(node: &Node, wanted: Amounts) -> Option<Quantity> {
    wanted.gpus.map(|_| node.gpus.allocatable.unwrap_or_default())
}

fn exceeds(wanted: Option<Quantity>, there: Option<Quantity>) -> bool {
    wanted.zip(there).is_some_and(|(wanted, there)| wanted > there)
}

impl Amounts {
    pub(crate) fn plus(self, other: Self) -> Self {
        let add = |a: Option<Quantity>, b: Option<Quantity>| match (a, b) {
            (Some(a), Some(b)) => Some(a.plus(b)),
            (a, b) => a.or(b),
        };
        Self { cpu: add(self.cpu, other.cpu), memory: add(self.memory, other.memory), gpus: add(self.gpus, other.gpus) }
    }
}

/// What the scheduler counts: containers and sidecars together, or the largest init container if that is more.
pub(crate) fn requests(containers: &[Container], init_containers: &[Container]) -> Amounts {
    let stay = containers.iter().chain(init_containers.iter().filter(|container| container.sidecar));
    let sum = stay.fold(Amounts::default(), |sum, container| sum.plus(container.requests));
    let passing = || init_containers.iter().filter(|container| !container.sidecar);
    Amounts {
        cpu: sum.cpu.max(passing().filter_map(|container| container.requests.cpu).max()),
        memory: sum.memory.max(passing().filter_map(|container| container.requests.memory).max()),
        gpus: sum.gpus.max(passing().filter_map(|container| container.requests.gpus).max()),
    }
}

/// What keeps the pod out everywhere: why none of the nodes that are meant for it takes it, if there is one reason.
pub fn decisive(misfits: &Misfits, nodes: usize) -> Option<&Misfit> {
    if misfits.values().sum::<usize>() < nodes {
        return None;
    }
    let mut meant = misfits.keys().filter(|misfit| !misfit.is_meant());
    match (meant.next(), meant.next()) {
        (None, _) => misfits.keys().last(),
        (Some(only), None) => Some(only),
        (Some(_), Some(_)) => None,
    }
}

impl Misfit {
    /// Somebody wanted the node not to take such pods: other labels, or the taint of a role.
    fn is_meant(&self) -> bool {
        match self {
            Misfit::Labels => true,
            Misfit::Taint(key) => key.starts_with("node-role.kubernetes.io/"),
            _ => false,
        }
    }

    /// Such as `have a taint it does not tolerate: gpu`.
    pub fn words(&self) -> String {
        match self {
            Misfit::Labels => "do not have the labels it asks for".to_owned(),
            Misfit::Taint(key) => format!("have a taint it does not tolerate: {}", crate::pod_trouble::shown_key(key)),
            Misfit::Away => "are cordoned, not ready or under pressure".to_owned(),
            Misfit::TooSmall(what) => format!("have less {what} than it asks for, even when empty"),
            Misfit::Taken(what) => format!("have too little {what} left beside what other pods ask for"),
        }
    }

    /// The same of all nodes that could be meant.
    pub fn of_all(&self) -> String {
        match self {
            Misfit::Labels => "no node has the labels it asks for".to_owned(),
            Misfit::Taint(key) => format!("it does not tolerate taint {}", crate::pod_trouble::shown_key(key)),
            Misfit::Away => "all nodes it may run on are cordoned, not ready or under pressure".to_owned(),
            Misfit::TooSmall(what) => format!("it asks for more {what} than any node has"),
            Misfit::Taken(what) => format!("too little {what} is left"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cluster, now};

    #[test]
    fn each_node_has_its_first_reason() {
        let cluster = cluster(
            "
            kind: Node
            metadata: {name: a, labels: {disk: hdd}}
            ---
            kind: Node
            metadata: {name: b, labels: {disk: ssd}}
            spec: {taints: [{key: gpu, effect: NoSchedule}]}
            ---
            kind: Node
            metadata: {name: c, labels: {disk: ssd}}
            spec: {unschedulable: true}
            ---
            kind: Node
            metadata: {name: d, labels: {disk: ssd}}
            status: {allocatable: {cpu: '1', memory: 8Gi}, conditions: [{type: Ready, status: 'True'}]}
            ---
            kind: Node
            metadata: {name: e, labels: {disk: ssd}}
            status: {allocatable: {cpu: '4', memory: 8Gi}, conditions: [{type: Ready, status: 'True'}]}
            ---
            kind: Pod
            metadata: {name: other, namespace: shop}
            spec: {nodeName: e, containers: [{name: a, resources: {requests: {cpu: '3'}}}]}
            status: {phase: Running}
            ---
            kind: Pod
            metadata: {name: new, namespace: shop}
            spec: {nodeSelector: {disk: ssd}, containers: [{name: a, resources: {requests: {cpu: '2', memory: 1Gi}}}]}
            status: {phase: Pending}",
        );
        let view = View::new(&cluster, now());
        let misfits = view.misfits(cluster.pods.get("shop", "new").unwrap()).unwrap();
        let reasons: Vec<_> = misfits.keys().cloned().collect();
        assert_eq!(
            reasons,
            [
                Misfit::Labels,
                Misfit::Taint(Name::from("gpu")),
                Misfit::Away,
                Misfit::TooSmall("cpu"),
                Misfit::Taken("cpu"),
            ]
        );
        assert_eq!(decisive(&misfits, 5), None);
        assert_eq!(decisive(&Misfits::from([(Misfit::Labels, 3), (Misfit::Away, 2)]), 5), Some(&Misfit::Away));
        assert_eq!(decisive(&Misfits::from([(Misfit::Labels, 5)]), 5), Some(&Misfit::Labels));
        assert_eq!(decisive(&Misfits::from([(Misfit::Labels, 4)]), 5), None);
        let role = Misfit::Taint(Name::from("node-role.kubernetes.io/master"));
        let small = Misfit::TooSmall("cpu");
        assert_eq!(decisive(&Misfits::from([(role.clone(), 3), (small.clone(), 3)]), 6), Some(&small));
        assert_eq!(decisive(&Misfits::from([(role.clone(), 3), (Misfit::Labels, 3)]), 6), Some(&role));
    }
}
