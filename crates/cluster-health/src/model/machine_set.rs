//! MachineSets: how many machines of a sort are wanted, and how many have become nodes.

use crate::name::{Interner, Name};

use super::condition::capped;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { replicas: Option<u32> });
wire::wire_object!(WireStatus {
    replicas: u32,
    ready_replicas: u32,
    available_replicas: u32,
    error_reason: Option<String>,
    error_message: Option<String>,
});

#[derive(Clone, Debug)]
pub struct MachineSet {
    pub meta: Meta,
    /// `spec.replicas`, one when not set.
    pub desired: u32,
    pub replicas: u32,
    pub ready: u32,
    pub available: u32,
    pub error_reason: Name,
    /// Untrusted text.
    pub error: Option<Box<str>>,
}

impl Resource for MachineSet {
    const KIND: Kind = Kind::MachineSet;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            desired: wire.spec.replicas.unwrap_or(1),
            replicas: status.replicas,
            ready: status.ready_replicas,
            available: status.available_replicas,
            error_reason: interner.optional(status.error_reason.as_deref()),
            error: capped(status.error_message),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.replicas", self.desired)
            .put("status.replicas", self.replicas)
            .put("status.readyReplicas", self.ready)
            .put("status.availableReplicas", self.available)
            .put("status.errorReason", &self.error_reason)
            .untrusted("status.errorMessage", self.error.as_deref())
    }
}
