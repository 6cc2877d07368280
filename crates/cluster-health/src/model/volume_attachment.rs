//! VolumeAttachments: which volume shall be on which node, and whether it is.

use super::condition::capped;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { attacher: String, node_name: String, source: WireSource });
wire::wire_object!(WireSource { persistent_volume_name: String });
wire::wire_object!(WireStatus { attached: bool, attach_error: Option<WireError>, detach_error: Option<WireError> });
wire::wire_object!(WireError { message: Option<String>, time: Option<Time> });

#[derive(Clone, Debug)]
pub struct VolumeAttachment {
    pub meta: Meta,
    /// The storage driver.
    pub attacher: Name,
    pub node: Name,
    /// The PersistentVolume; empty for volumes written into a pod itself.
    pub volume: Name,
    pub attached: bool,
    pub attach_error: Option<Box<Failure>>,
    pub detach_error: Option<Box<Failure>>,
}

/// The newest failed attempt.
#[derive(Clone, Debug)]
pub struct Failure {
    pub at: Option<Time>,
    /// Untrusted text of the storage driver.
    pub message: Option<Box<str>>,
}

impl Failure {
    fn from_wire(wire: WireError) -> Box<Self> {
        Box::new(Self { at: wire.time, message: capped(wire.message) })
    }
}

impl Resource for VolumeAttachment {
    const KIND: Kind = Kind::VolumeAttachment;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            attacher: interner.name(&wire.spec.attacher),
            node: interner.name(&wire.spec.node_name),
            volume: interner.name(&wire.spec.source.persistent_volume_name),
            attached: wire.status.attached,
            attach_error: wire.status.attach_error.map(Failure::from_wire),
            detach_error: wire.status.detach_error.map(Failure::from_wire),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let message = |failure: &'_ Option<Box<Failure>>| failure.as_ref().and_then(|one| one.message.clone());
        facts
            .put("spec.attacher", &self.attacher)
            .put("spec.nodeName", &self.node)
            .put("spec.source.persistentVolumeName", &self.volume)
            .put("status.attached", self.attached)
            .untrusted("status.attachError.message", message(&self.attach_error).as_deref())
            .untrusted("status.detachError.message", message(&self.detach_error).as_deref())
    }
}
