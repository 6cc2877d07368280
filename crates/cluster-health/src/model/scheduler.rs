//! The cluster's Scheduler setting: whether workloads may run on the control plane.

use crate::name::Interner;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { masters_schedulable: bool });

#[derive(Clone, Debug)]
pub struct Scheduler {
    pub meta: Meta,
    pub masters_schedulable: bool,
}

impl Resource for Scheduler {
    const KIND: Kind = Kind::Scheduler;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self { meta: Meta::from_wire(&wire.metadata, interner), masters_schedulable: wire.spec.masters_schedulable }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.mastersSchedulable", self.masters_schedulable)
    }
}
