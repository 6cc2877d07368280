//! IngressClasses: who serves Ingresses.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { controller: String });

#[derive(Clone, Debug)]
pub struct IngressClass {
    pub meta: Meta,
    pub controller: Name,
    pub default: bool,
}

impl Resource for IngressClass {
    const KIND: Kind = Kind::IngressClass;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let default = wire.metadata.annotations.get("ingressclass.kubernetes.io/is-default-class") == Some("true");
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            controller: interner.name(&wire.spec.controller),
            default,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.controller", &self.controller)
            .put("metadata.annotations[ingressclass.kubernetes.io/is-default-class]", self.default)
    }
}
