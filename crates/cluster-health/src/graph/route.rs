//! From a Route to its Services.

use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

/// `spec.to` and `spec.alternateBackends`.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(route) = view.cluster.routes.get(&object.namespace, &object.name) else { return };
    for service in &route.services {
        edges.put(Via::SendsTo, ObjectRef::new(Kind::Service, &object.namespace, service));
    }
}
