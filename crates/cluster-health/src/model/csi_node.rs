//! CSINodes: the storage drivers that have registered on a node.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { drivers: Vec<WireDriver> });
wire::wire_object!(WireDriver { name: String });

#[derive(Clone, Debug)]
pub struct CSINode {
    /// It has the name of its node.
    pub meta: Meta,
    pub drivers: Box<[Name]>,
}

impl Resource for CSINode {
    const KIND: Kind = Kind::CSINode;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            drivers: wire.spec.drivers.iter().map(|driver| interner.name(&driver.name)).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.drivers", self.drivers.join(","))
    }
}
