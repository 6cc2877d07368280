//! PersistentVolumeClaims: storage asked for, and whether it was given.

use super::condition::Conditions;
use super::pod::WireResources;
use crate::name::{Interner, Name};
use crate::quantity::Quantity;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    storage_class_name: Option<String>,
    volume_name: String,
    access_modes: Vec<String>,
    resources: WireResources,
});
wire::wire_object!(WireStatus { phase: String, capacity: WireCapacity, conditions: Vec<wire::Condition> });
wire::wire_object!(WireCapacity { storage: Option<Quantity> });

#[derive(Clone, Debug)]
pub struct PersistentVolumeClaim {
    pub meta: Meta,
    pub phase: Phase,
    /// Not set means the default class; an empty name means none, on purpose.
    pub storage_class: Option<Name>,
    /// The bound volume; empty while pending.
    pub volume: Name,
    pub access_modes: Box<[Name]>,
    pub requested: Option<Quantity>,
    /// What the bound volume offers; nothing while pending.
    pub capacity: Option<Quantity>,
    pub conditions: Conditions,
    /// Where the scheduler wants the volume to be; empty until it has chosen.
    pub selected_node: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Pending,
    Bound,
    Lost,
    Unknown,
}

impl Resource for PersistentVolumeClaim {
    const KIND: Kind = Kind::PersistentVolumeClaim;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let selected_node = wire.metadata.annotations.get("volume.kubernetes.io/selected-node");
        Self {
            selected_node: interner.optional(selected_node),
            meta: Meta::from_wire(&wire.metadata, interner),
            phase: match wire.status.phase.as_str() {
                "Pending" => Phase::Pending,
                "Bound" => Phase::Bound,
                "Lost" => Phase::Lost,
                _ => Phase::Unknown,
            },
            storage_class: wire.spec.storage_class_name.map(|name| interner.name(&name)),
            volume: interner.name(&wire.spec.volume_name),
            access_modes: wire.spec.access_modes.iter().map(|mode| interner.name(mode)).collect(),
            requested: wire.spec.resources.requests.storage,
            capacity: wire.status.capacity.storage,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("status.phase", format!("{:?}", self.phase))
            .put_some("spec.storageClassName", self.storage_class.as_ref())
            .put("spec.volumeName", &self.volume)
            .put("spec.accessModes", self.access_modes.join(","))
            .put_some("spec.resources.requests.storage", self.requested)
            .put_some("status.capacity.storage", self.capacity)
            .conditions(&self.conditions)
    }
}
