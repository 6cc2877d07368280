//! Namespaces: a scope of names, possibly on its way out.

use super::condition::Conditions;
use crate::name::Interner;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { finalizers: Vec<String> });
wire::wire_object!(WireStatus { phase: String, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct Namespace {
    pub meta: Meta,
    pub terminating: bool,
    /// `NamespaceDeletionDiscoveryFailure` and the like; only while terminating.
    pub conditions: Conditions,
}

impl Resource for Namespace {
    const KIND: Kind = Kind::Namespace;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            terminating: wire.status.phase == "Terminating",
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("status.phase", if self.terminating { "Terminating" } else { "Active" }).conditions(&self.conditions)
    }
}
