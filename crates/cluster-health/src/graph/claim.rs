//! From a claim to its volume and class, and from a volume to its class and to what drives it.

use crate::model::{Kind, ObjectRef, Resource};
use crate::view::View;

use super::{Edges, Via, global};

/// `spec.volumeName` and `spec.storageClassName`, which the default class fills in.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(claim) = view.cluster.persistent_volume_claims.get(&object.namespace, &object.name) else { return };
    if !claim.volume.is_empty() {
        edges.put(Via::BoundTo, global(Kind::PersistentVolume, &claim.volume));
    }
    match &claim.storage_class {
        Some(class) if class.is_empty() => {}
        Some(class) => edges.put(Via::OfClass, global(Kind::StorageClass, class)),
        None => {
            let default = view.cluster.storage_classes.iter().find(|class| class.default);
            default.into_iter().for_each(|class| edges.put(Via::OfClass, class.reference()));
        }
    }
}

/// `spec.storageClassName` and `spec.csi.driver`.
pub(super) fn volume_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(volume) = view.cluster.persistent_volumes.get("", &object.name) else { return };
    if !volume.storage_class.is_empty() {
        edges.put(Via::OfClass, global(Kind::StorageClass, &volume.storage_class));
    }
    if !volume.driver.is_empty() {
        view.drivers(&volume.driver).for_each(|driver| edges.put(Via::DrivenBy, driver));
    }
}
