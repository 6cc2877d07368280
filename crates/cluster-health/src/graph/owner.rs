//! From an object to the one that made it.

use crate::model::ObjectRef;
use crate::model::meta::Meta;
use crate::name::Name;

use super::{Edges, Via};

/// A static pod's owner is its node, which has no namespace.
pub(super) fn edge(meta: &Meta, edges: &mut Edges) {
    if let Some(owner) = meta.owner.as_deref() {
        let namespace = if owner.kind == "Node" { Name::empty() } else { meta.namespace.clone() };
        edges.put(Via::OwnedBy, ObjectRef { kind: owner.kind.clone(), namespace, name: owner.name.clone() });
    }
}
