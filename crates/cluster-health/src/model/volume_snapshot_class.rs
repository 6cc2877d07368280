//! VolumeSnapshotClasses: which driver makes snapshots, and how.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, driver: String });

#[derive(Clone, Debug)]
pub struct VolumeSnapshotClass {
    pub meta: Meta,
    pub driver: Name,
    pub default: bool,
}

impl Resource for VolumeSnapshotClass {
    const KIND: Kind = Kind::VolumeSnapshotClass;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let default = wire.metadata.annotations.get("snapshot.storage.kubernetes.io/is-default-class") == Some("true");
        Self { meta: Meta::from_wire(&wire.metadata, interner), driver: interner.name(&wire.driver), default }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("driver", &self.driver)
            .put("metadata.annotations[snapshot.storage.kubernetes.io/is-default-class]", self.default)
    }
}
