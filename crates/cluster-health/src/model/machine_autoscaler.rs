//! MachineAutoscalers: between which sizes the autoscaler may move a MachineSet.

use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { min_replicas: u32, max_replicas: u32, scale_target_ref: WireTarget });
wire::wire_object!(WireTarget { name: String });

#[derive(Clone, Debug)]
pub struct MachineAutoscaler {
    pub meta: Meta,
    pub min: u32,
    pub max: u32,
    /// A MachineSet of the same namespace.
    pub target: Name,
}

impl Resource for MachineAutoscaler {
    const KIND: Kind = Kind::MachineAutoscaler;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            min: wire.spec.min_replicas,
            max: wire.spec.max_replicas,
            target: interner.name(&wire.spec.scale_target_ref.name),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.minReplicas", self.min)
            .put("spec.maxReplicas", self.max)
            .put("spec.scaleTargetRef.name", &self.target)
    }
}
