//! Room on nodes: how many pods of a shape each takes beside what it carries, together, and with one node lost.

use std::collections::BTreeMap;

use super::shape::Shape;
use crate::fitting::{Misfit, Misfits, keeps_out, too_small};
use crate::model::node::Node;
use crate::model::pod::{Amounts, Phase, Pod};
use crate::name::Name;
use crate::ordered::Ordered;
use crate::view::View;

/// What a node runs out of first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filler {
    PodSlots,
    Memory,
    Cpu,
    Gpus,
    HostPorts,
}

impl Filler {
    pub fn words(self) -> &'static str {
        match self {
            Filler::PodSlots => "pod slots",
            Filler::Memory => "memory",
            Filler::Cpu => "cpu",
            Filler::Gpus => "GPUs",
            Filler::HostPorts => "host ports",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct NodeRoom {
    /// How many more fit on all nodes together.
    pub pods: u64,
    pub nodes: usize,
    /// Nodes that take at least one.
    pub taking: usize,
    /// First reasons of nodes that take no such pod however empty they are.
    pub kept_out: Misfits,
    /// The others, by what they run out of first.
    pub fillers: BTreeMap<Filler, usize>,
    /// Left over on the nodes that could take it: allocatable less requests.
    pub free: Amounts,
    pub free_slots: u64,
    /// Nothing where fewer than two nodes could take it.
    pub without_one: Option<WithoutOne>,
}

/// The same after the loss of the node that weighs most.
#[derive(Clone, Debug)]
pub struct WithoutOne {
    pub node: Name,
    /// Its pods that need a place elsewhere; those of DaemonSets and the node's own do not.
    pub displaced: usize,
    /// Displaced pods for which nothing is left where they may run.
    pub homeless: usize,
    /// How many more fit once the displaced have their place; none while some have not.
    pub pods: u64,
}

impl NodeRoom {
    /// What most nodes run out of first.
    pub fn filler(&self) -> Option<Filler> {
        let most = self.fillers.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
        most.map(|(filler, _)| *filler)
    }
}

/// A node that could take the shape, and what is left on it.
struct Place<'a> {
    node: &'a Node,
    free: Amounts,
    slots: u64,
    port_taken: bool,
}

pub(super) fn room(view: &View, shape: &Shape, not_seen: &mut Vec<String>) -> NodeRoom {
    let wanted = shape.requests();
    let mut room = NodeRoom { nodes: view.cluster.nodes.len(), ..NodeRoom::default() };
    let mut places = Vec::new();
    let mut silent = Vec::new();
    for node in view.cluster.nodes.iter() {
        if let Some(misfit) = keeps_out(node, shape.placement).or_else(|| too_small(node, wanted)) {
            *room.kept_out.entry(misfit).or_default() += 1;
            continue;
        }
        match place(view, node, shape) {
            Some(place) => places.push(place),
            None => silent.push(node.meta.name.as_str()),
        }
    }
    if !silent.is_empty() {
        not_seen.push(format!("status.allocatable of {}: not stated", crate::finding::listed(silent)));
    }
    for place in &places {
        let (pods, filler) = place.takes(wanted, !shape.host_ports.is_empty());
        *room.fillers.entry(filler).or_default() += 1;
        room.pods += pods;
        room.taking += usize::from(pods > 0);
        room.free = room.free.plus(place.free);
        room.free_slots += place.slots;
    }
    room.without_one = without_one(view, places, shape, wanted);
    room
}

/// Nothing where the node does not say what it has.
fn place<'a>(view: &View<'a>, node: &'a Node, shape: &Shape) -> Option<Place<'a>> {
    let load = view.cluster.standing().load(&node.meta.name);
    let there = Amounts { cpu: Some(node.cpu?), memory: Some(node.memory?), gpus: node.gpus.allocatable };
    let slots = u64::try_from(node.pods?.units()).unwrap_or(0).saturating_sub(u64::from(load.pods));
    let port_taken = !shape.host_ports.is_empty()
        && view.pods_on(&node.meta.name).iter().any(|pod| !ended(pod) && uses_port(pod, &shape.host_ports));
    Some(Place { node, free: there.minus(load.requests), slots, port_taken })
}

fn ended(pod: &Pod) -> bool {
    matches!(pod.phase, Phase::Succeeded | Phase::Failed)
}

fn uses_port(pod: &Pod, ports: &[u16]) -> bool {
    pod.template.containers.iter().flat_map(|container| &container.ports).any(|port| ports.contains(&port.host))
}

impl Place<'_> {
    /// How many more of these, and what runs out first. Of two that run out together the first of [`Filler`] is named.
    fn takes(&self, wanted: Amounts, host_ports: bool) -> (u64, Filler) {
        let ports = host_ports.then(|| (u64::from(!self.port_taken), Filler::HostPorts));
        let holds = |there: Option<crate::quantity::Quantity>, wanted: Option<crate::quantity::Quantity>, filler| {
            wanted.and_then(|wanted| there.unwrap_or_default().holds(wanted)).map(|pods| (pods, filler))
        };
        let bounds = [
            Some((self.slots, Filler::PodSlots)),
            holds(self.free.memory, wanted.memory, Filler::Memory),
            holds(self.free.cpu, wanted.cpu, Filler::Cpu),
            holds(self.free.gpus, wanted.gpus, Filler::Gpus),
            ports,
        ];
        bounds.into_iter().flatten().min().unwrap_or((0, Filler::PodSlots))
    }

    fn put(&mut self, requests: Amounts) {
        self.free = self.free.minus(requests);
        self.slots = self.slots.saturating_sub(1);
    }

    fn has_room(&self, requests: Amounts) -> bool {
        self.takes(requests, false).0 > 0
    }
}

/// The node whose loss takes the most: what it would have taken, and what its pods take elsewhere.
fn without_one<'a>(view: &View<'a>, mut places: Vec<Place<'a>>, shape: &Shape, wanted: Amounts) -> Option<WithoutOne> {
    if places.len() < 2 {
        return None;
    }
    let ports = !shape.host_ports.is_empty();
    let weight = |place: &Place| {
        let displaced = displaced(view, &place.node.meta.name);
        let sum = displaced.iter().fold(Amounts::default(), |sum, pod| sum.plus(pod.template.requests));
        let in_shapes = [(sum.cpu, wanted.cpu), (sum.memory, wanted.memory)]
            .into_iter()
            .filter_map(|(sum, wanted)| sum?.holds(wanted?))
            .max();
        place.takes(wanted, ports).0.saturating_add(in_shapes.unwrap_or(displaced.len() as u64))
    };
    let weights: Vec<u64> = places.iter().map(weight).collect();
    let heaviest = (0..places.len()).rev().max_by_key(|&at| weights.get(at).copied())?;
    let lost = places.remove(heaviest);
    let mut displaced = displaced(view, &lost.node.meta.name);
    displaced.put_in_order_by(|a, b| {
        let size = |pod: &Pod| (pod.template.requests.memory, pod.template.requests.cpu);
        size(b).cmp(&size(a)).then_with(|| (&a.meta.namespace, &a.meta.name).cmp(&(&b.meta.namespace, &b.meta.name)))
    });
    let mut others = other_places(view, &places, lost.node);
    let homeless = displaced.iter().filter(|pod| !find_place(pod, &mut places, &mut others)).count();
    let pods = places.iter().map(|place| place.takes(wanted, ports).0).sum();
    let pods = if homeless == 0 { pods } else { 0 };
    Some(WithoutOne { node: lost.node.meta.name.clone(), displaced: displaced.len(), homeless, pods })
}

/// Nodes that do not take the shape may take a displaced pod.
fn other_places<'a>(view: &View<'a>, places: &[Place], lost: &Node) -> Vec<Place<'a>> {
    let counted = |node: &Node| places.iter().any(|place| place.node.meta.name == node.meta.name);
    let others = view.cluster.nodes.iter().filter(|node| node.meta.name != lost.meta.name && !counted(node));
    others.filter_map(|node| place(view, node, &Shape::default())).collect()
}

fn displaced<'a>(view: &View<'a>, node: &str) -> Vec<&'a Pod> {
    let stays = |pod: &Pod| pod.meta.owner.as_deref().is_some_and(|owner| matches!(&*owner.kind, "DaemonSet" | "Node"));
    view.pods_on(node).iter().copied().filter(|pod| !ended(pod) && !stays(pod)).collect()
}

/// Puts the pod on the first node that takes it. A pod that may run nowhere else, room or not, was meant for the lost
/// node alone and is not looked for a place.
fn find_place<'a>(pod: &Pod, places: &mut [Place<'a>], others: &mut [Place<'a>]) -> bool {
    let mut welcome = false;
    for place in places.iter_mut().chain(others.iter_mut()) {
        let misfit = keeps_out(place.node, pod.template.placement.as_deref());
        if matches!(misfit, Some(Misfit::Labels | Misfit::Taint(_))) {
            continue;
        }
        welcome = true;
        if misfit.is_none() && place.has_room(pod.template.requests) {
            place.put(pod.template.requests);
            return true;
        }
    }
    !welcome
}
