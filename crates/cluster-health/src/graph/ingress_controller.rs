//! From an IngressController to its routers.

use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::view::View;

use super::{Edges, Via};

/// Its operator names the Deployment after it.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let (namespace, name) = (Name::from("openshift-ingress"), Name::from(format!("router-{}", object.name).as_str()));
    if view.cluster.deployments.get(&namespace, &name).is_some() {
        edges.put(Via::Manages, ObjectRef::new(Kind::Deployment, &namespace, &name));
    }
}
