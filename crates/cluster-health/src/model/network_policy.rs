//! NetworkPolicies: who may talk to which pods of a namespace, and to whom they may talk.

use super::meta::Meta;
use super::wire::IntOrString;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::selector::Selector;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec {
    pod_selector: wire::LabelSelector,
    policy_types: Vec<String>,
    ingress: Vec<WireIngress>,
    egress: Vec<WireEgress>,
});
wire::wire_object!(WireIngress { from: Vec<WirePeer>, ports: Vec<WirePort> });
wire::wire_object!(WireEgress { to: Vec<WirePeer>, ports: Vec<WirePort> });
wire::wire_object!(WirePeer {
    pod_selector: Option<wire::LabelSelector>,
    namespace_selector: Option<wire::LabelSelector>,
    ip_block: Option<wire::Anything>,
});
wire::wire_object!(WirePort { port: Option<IntOrString>, end_port: Option<i64>, protocol: String });

#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    pub meta: Meta,
    /// The pods it is about; an empty one means all of the namespace.
    pub pods: Selector,
    /// Nothing when it says nothing about what comes in; without rules nothing comes in.
    pub ingress: Option<Box<[Rule]>>,
    pub egress: Option<Box<[Rule]>>,
}

/// What is let through: any of the peers on any of the ports.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Empty means everybody.
    pub peers: Box<[Peer]>,
    /// Empty means every port.
    pub ports: Box<[Port]>,
}

#[derive(Clone, Debug)]
pub struct Peer {
    /// Not set means all pods of the namespaces.
    pub pods: Option<Selector>,
    /// Not set means the policy's own namespace.
    pub namespaces: Option<Selector>,
    /// A range of addresses instead of pods.
    pub is_range: bool,
}

#[derive(Clone, Debug)]
pub struct Port {
    /// Name or number of the container's port; not set means all.
    pub port: Option<IntOrString>,
    /// The last of a range of numbers.
    pub end: Option<i64>,
    pub protocol: Name,
}

impl Resource for NetworkPolicy {
    const KIND: Kind = Kind::NetworkPolicy;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let spec = &wire.spec;
        let types = &spec.policy_types;
        // As the API fills the field in when it is left out.
        let governs_egress = types.iter().any(|it| it == "Egress") || (types.is_empty() && !spec.egress.is_empty());
        let governs_ingress = types.iter().any(|it| it == "Ingress") || types.is_empty();
        let mut rules = |rules: Vec<(&[WirePeer], &[WirePort])>| -> Box<[Rule]> {
            rules.into_iter().map(|(peers, ports)| Rule::from_wire(peers, ports, interner)).collect()
        };
        let ingress = spec.ingress.iter().map(|rule| (&*rule.from, &*rule.ports)).collect();
        let ingress = governs_ingress.then(|| rules(ingress));
        let egress = spec.egress.iter().map(|rule| (&*rule.to, &*rule.ports)).collect();
        let egress = governs_egress.then(|| rules(egress));
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            pods: Selector::from_wire(&spec.pod_selector, interner),
            ingress,
            egress,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let count = |rules: &Option<Box<[Rule]>>| rules.as_ref().map(|rules| format!("{} rules", rules.len()));
        facts
            .put("spec.podSelector", if self.pods.is_empty() { "(all pods)".to_owned() } else { self.pods.to_string() })
            .put_some("spec.ingress", count(&self.ingress))
            .put_some("spec.egress", count(&self.egress))
    }
}

impl Rule {
    fn from_wire(peers: &[WirePeer], ports: &[WirePort], interner: &mut Interner) -> Self {
        let mut selector = |wire: &Option<wire::LabelSelector>| Some(Selector::from_wire(wire.as_ref()?, interner));
        let peers = peers.iter().map(|peer| Peer {
            pods: selector(&peer.pod_selector),
            namespaces: selector(&peer.namespace_selector),
            is_range: peer.ip_block.is_some(),
        });
        let peers = peers.collect();
        let ports = ports.iter().map(|port| Port {
            port: port.port.clone(),
            end: port.end_port,
            protocol: interner.name(if port.protocol.is_empty() { "TCP" } else { &port.protocol }),
        });
        Self { peers, ports: ports.collect() }
    }
}
