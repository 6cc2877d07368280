//! PriorityClasses: that they exist.

use crate::name::Interner;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta });

#[derive(Clone, Debug)]
pub struct PriorityClass {
    pub meta: Meta,
}

impl Resource for PriorityClass {
    const KIND: Kind = Kind::PriorityClass;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self { meta: Meta::from_wire(&wire.metadata, interner) }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
    }
}
