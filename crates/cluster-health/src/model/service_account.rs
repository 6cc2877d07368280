//! ServiceAccounts: that they exist. What they may do and their tokens are not read.

use crate::name::Interner;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta });

#[derive(Clone, Debug)]
pub struct ServiceAccount {
    pub meta: Meta,
}

impl Resource for ServiceAccount {
    const KIND: Kind = Kind::ServiceAccount;
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
