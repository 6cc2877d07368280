//! EgressIPs: addresses that pods of some namespaces leave the cluster with, and the nodes that hold them.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    #[named("egressIPs")]
    egress_ips: Vec<String>,
});
wire::wire_object!(WireStatus { items: Vec<WireItem> });
wire::wire_object!(WireItem { node: String });

#[derive(Clone, Debug)]
pub struct EgressIP {
    pub meta: Meta,
    pub addresses: Box<[Name]>,
    /// The node of each address that was assigned.
    pub nodes: Box<[Name]>,
}

impl Resource for EgressIP {
    const KIND: Kind = Kind::EgressIP;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            addresses: wire.spec.egress_ips.iter().map(|address| interner.name(address)).collect(),
            nodes: wire.status.items.iter().map(|item| interner.name(&item.node)).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.egressIPs", self.addresses.join(",")).put("status.items.node", self.nodes.join(","))
    }
}
