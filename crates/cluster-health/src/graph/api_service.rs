//! From a part of the API to the Service that answers for it.

use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let service = view.cluster.api_services.get("", &object.name).and_then(|api| api.service.as_ref());
    if let Some((namespace, name)) = service {
        edges.put(Via::AnsweredBy, ObjectRef::new(Kind::Service, namespace, name));
    }
}
