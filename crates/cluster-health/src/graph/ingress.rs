//! From an Ingress to its Services.

use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

/// `spec.rules[*].http.paths[*].backend.service` and `spec.defaultBackend`.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(ingress) = view.cluster.ingresses.get(&object.namespace, &object.name) else { return };
    for backend in &ingress.backends {
        edges.put(Via::SendsTo, ObjectRef::new(Kind::Service, &object.namespace, &backend.service));
    }
}
