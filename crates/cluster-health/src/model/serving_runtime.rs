//! ServingRuntimes: how models of a format are run, for one namespace.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::Interner;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { disabled: bool });

#[derive(Clone, Debug)]
pub struct ServingRuntime {
    pub meta: Meta,
    /// Not to be used for new models.
    pub disabled: bool,
}

impl Resource for ServingRuntime {
    const KIND: Kind = Kind::ServingRuntime;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self { meta: Meta::from_wire(&wire.metadata, interner), disabled: wire.spec.disabled }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.disabled", self.disabled)
    }
}
