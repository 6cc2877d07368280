//! The internal image registry, as its operator runs it: `Config` of `imageregistry.operator.openshift.io`.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { management_state: String, replicas: u32 });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct ImageRegistry {
    pub meta: Meta,
    /// `Managed`, `Unmanaged` or `Removed`.
    pub management: Name,
    pub replicas: u32,
    pub conditions: Conditions,
}

impl Resource for ImageRegistry {
    const KIND: Kind = Kind::ImageRegistry;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            management: interner.name(&wire.spec.management_state),
            replicas: wire.spec.replicas,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.managementState", &self.management)
            .put("spec.replicas", self.replicas)
            .conditions(&self.conditions)
    }
}
