//! OperatorGroups: the namespaces that operators installed beside them may look after.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { target_namespaces: Vec<String> });

#[derive(Clone, Debug)]
pub struct OperatorGroup {
    pub meta: Meta,
    /// Empty means by selector, or all.
    pub targets: Box<[Name]>,
}

impl Resource for OperatorGroup {
    const KIND: Kind = Kind::OperatorGroup;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            targets: wire.spec.target_namespaces.iter().map(|name| interner.name(name)).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.targetNamespaces", self.targets.join(","))
    }
}
