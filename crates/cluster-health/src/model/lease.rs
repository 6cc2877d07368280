//! Leases: heartbeats of nodes and of the replicas that lead. They change every few seconds, so nothing else is kept.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { holder_identity: Option<String>, lease_duration_seconds: Option<u32>, renew_time: Option<Time> });

#[derive(Clone, Debug)]
pub struct Lease {
    pub meta: Meta,
    /// Empty when it was given up on purpose.
    pub holder: Name,
    /// How long it holds without being renewed, in seconds.
    pub seconds: u32,
    pub renewed: Option<Time>,
}

impl Resource for Lease {
    const KIND: Kind = Kind::Lease;
    type Wire = Wire;

    fn from_wire(mut wire: Wire, interner: &mut Interner) -> Self {
        // Thousands of nodes have one each, and nobody asks for their labels.
        wire.metadata.labels.clear();
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            holder: interner.optional(wire.spec.holder_identity.as_deref()),
            seconds: wire.spec.lease_duration_seconds.unwrap_or(0),
            renewed: wire.spec.renew_time,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.holderIdentity", &self.holder)
            .put("spec.leaseDurationSeconds", self.seconds)
            .put_some("spec.renewTime", self.renewed)
    }
}
