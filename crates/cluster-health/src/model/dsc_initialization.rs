//! DSCInitializations: what OpenShift AI needs before any part of it can run.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { phase: String, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct DSCInitialization {
    pub meta: Meta,
    /// `Ready`, `Progressing`, `Error`.
    pub phase: Name,
    pub conditions: Conditions,
}

impl Resource for DSCInitialization {
    const KIND: Kind = Kind::DSCInitialization;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            phase: interner.name(&wire.status.phase),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("status.phase", &self.phase).conditions(&self.conditions)
    }
}
