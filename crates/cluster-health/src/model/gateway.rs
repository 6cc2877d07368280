//! Gateways: where traffic enters, by the Gateway API.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { gateway_class_name: String });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct Gateway {
    pub meta: Meta,
    pub class: Name,
    /// Says `Accepted` and `Programmed`.
    pub conditions: Conditions,
}

impl Resource for Gateway {
    const KIND: Kind = Kind::Gateway;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            class: interner.name(&wire.spec.gateway_class_name),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.gatewayClassName", &self.class).conditions(&self.conditions)
    }
}
