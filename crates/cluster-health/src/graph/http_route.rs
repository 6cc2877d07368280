//! From an HTTPRoute to its Services, and to the Gateways it comes in by.

use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

/// `spec.rules[*].backendRefs`, which may lead into other namespaces, and `status.parents[*].parentRef`.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(route) = view.cluster.http_routes.get(&object.namespace, &object.name) else { return };
    for (namespace, service) in &route.services {
        edges.put(Via::SendsTo, ObjectRef::new(Kind::Service, namespace, service));
    }
    for parent in &route.parents {
        edges.put(Via::AttachedTo, ObjectRef::new(Kind::Gateway, &parent.namespace, &parent.name));
    }
}
