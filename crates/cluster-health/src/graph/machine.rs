//! From a node to the Machine that provides it, and from a MachineSet to its Machines.

use crate::model::{ObjectRef, Resource};
use crate::view::View;

use super::{Edges, Via};

/// `status.nodeRef` of Machines
pub(super) fn node_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let machine = view.cluster.machines.iter().find(|machine| machine.node == object.name);
    machine.into_iter().for_each(|machine| edges.put(Via::ProvidedBy, machine.reference()));
}

/// Machines whose controlling owner it is.
pub(super) fn set_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let own = view.cluster.machines.in_namespace(&object.namespace);
    let owned = |owner: &crate::model::meta::Owner| owner.kind == "MachineSet" && owner.name == object.name;
    own.filter(|machine| machine.meta.owner.as_deref().is_some_and(owned))
        .for_each(|machine| edges.put(Via::Manages, machine.reference()));
}
