//! FlowSchemas: which requests share a queue in the API server.

use super::condition::Conditions;
use crate::name::Interner;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct FlowSchema {
    pub meta: Meta,
    pub conditions: Conditions,
}

impl Resource for FlowSchema {
    const KIND: Kind = Kind::FlowSchema;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.conditions(&self.conditions)
    }
}
