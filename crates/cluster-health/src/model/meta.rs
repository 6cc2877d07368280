//! What the model keeps of every object's `metadata`.

use std::sync::Arc;
use std::time::Duration;

use crate::name::{Interner, Name};
use crate::time::Time;

use super::kind_name::KindName;
use super::labels::Labels;
use super::wire;

#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Empty for cluster-scoped objects.
    pub namespace: Name,
    pub name: Name,
    pub created: Option<Time>,
    pub labels: Labels,
    pub owner: Option<Arc<Owner>>,
    /// Present while the object is being deleted.
    pub deletion: Option<Box<Deletion>>,
    /// The API promises order only within one server; used to choose between two copies in an archive.
    pub resource_version: u64,
}

/// The controlling owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    pub kind: KindName,
    pub name: Name,
}

#[derive(Clone, Debug)]
pub struct Deletion {
    /// `deletionTimestamp`: when the object should have been gone (request time plus grace).
    pub due: Time,
    pub grace: Duration,
    pub finalizers: Box<[Name]>,
}

impl Meta {
    pub(crate) fn from_wire(wire: &wire::Meta, interner: &mut Interner) -> Self {
        let owner = wire.owner_references.iter().find(|owner| owner.controller == Some(true));
        let finalizers = &wire.finalizers;
        Self {
            namespace: interner.name(&wire.namespace),
            name: Name::from(wire.name.as_str()),
            created: wire.creation_timestamp,
            labels: Labels::from_wire(&wire.labels, interner),
            owner: owner.map(|owner| {
                let owner = Owner { kind: KindName::read(&owner.kind, interner), name: interner.name(&owner.name) };
                interner.owner(owner)
            }),
            deletion: wire.deletion_timestamp.map(|due| {
                let grace = u64::try_from(wire.deletion_grace_period_seconds.unwrap_or(0)).unwrap_or(0);
                Box::new(Deletion {
                    due,
                    grace: Duration::from_secs(grace),
                    finalizers: finalizers.iter().map(|name| interner.name(name)).collect(),
                })
            }),
            resource_version: wire.resource_version.parse().unwrap_or(0),
        }
    }
}
