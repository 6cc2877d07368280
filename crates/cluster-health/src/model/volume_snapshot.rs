//! VolumeSnapshots: copies of volumes asked for, and whether they can be used.

use super::condition::capped;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { source: WireSource, volume_snapshot_class_name: Option<String> });
wire::wire_object!(WireSource { persistent_volume_claim_name: String });
wire::wire_object!(WireStatus { ready_to_use: bool, error: Option<WireError> });
wire::wire_object!(WireError { message: Option<String>, time: Option<Time> });

#[derive(Clone, Debug)]
pub struct VolumeSnapshot {
    pub meta: Meta,
    /// The claim it copies; empty when it stands for a copy that is already there.
    pub claim: Name,
    /// Not set means the default class.
    pub class: Option<Name>,
    pub ready: bool,
    pub failed: bool,
    pub failed_at: Option<Time>,
    /// Untrusted text of the storage driver.
    pub message: Option<Box<str>>,
}

impl Resource for VolumeSnapshot {
    const KIND: Kind = Kind::VolumeSnapshot;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let failed = wire.status.error.is_some();
        let error = wire.status.error.unwrap_or_default();
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            claim: interner.name(&wire.spec.source.persistent_volume_claim_name),
            class: wire.spec.volume_snapshot_class_name.map(|name| interner.name(&name)),
            ready: wire.status.ready_to_use,
            failed,
            failed_at: error.time,
            message: capped(error.message),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.source.persistentVolumeClaimName", &self.claim)
            .put_some("spec.volumeSnapshotClassName", self.class.as_ref())
            .put("status.readyToUse", self.ready)
            .put_some("status.error.time", self.failed_at)
            .untrusted("status.error.message", self.message.as_deref())
    }
}
