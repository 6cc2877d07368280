//! MachineConfigNodes: how far a node has come on its way to a new configuration, step by step.

use super::condition::Conditions;
use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { node: WireNamed, pool: WireNamed });
wire::wire_object!(WireNamed { name: String });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct MachineConfigNode {
    pub meta: Meta,
    pub node: Name,
    pub pool: Name,
    pub conditions: Conditions,
}

impl Resource for MachineConfigNode {
    const KIND: Kind = Kind::MachineConfigNode;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            node: interner.name(&wire.spec.node.name),
            pool: interner.name(&wire.spec.pool.name),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.node.name", &self.node).put("spec.pool.name", &self.pool).conditions(&self.conditions)
    }
}
