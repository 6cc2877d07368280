//! StorageClasses: how claims get their volumes.

use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, provisioner: String, volume_binding_mode: String });

#[derive(Clone, Debug)]
pub struct StorageClass {
    pub meta: Meta,
    pub provisioner: Name,
    pub default: bool,
    /// A claim stays pending, rightly, until a pod uses it.
    pub waits_for_consumer: bool,
}

impl Resource for StorageClass {
    const KIND: Kind = Kind::StorageClass;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let annotations = &wire.metadata.annotations;
        let is_default = |key| annotations.get(key) == Some("true");
        let default = is_default("storageclass.kubernetes.io/is-default-class")
            || is_default("storageclass.beta.kubernetes.io/is-default-class");
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            provisioner: interner.name(&wire.provisioner),
            default,
            waits_for_consumer: wire.volume_binding_mode == "WaitForFirstConsumer",
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("provisioner", &self.provisioner)
            .put("metadata.annotations[storageclass.kubernetes.io/is-default-class]", self.default)
            .put("volumeBindingMode", if self.waits_for_consumer { "WaitForFirstConsumer" } else { "Immediate" })
    }
}
