//! From a Service to the workloads whose pods it selects.

use crate::model::ObjectRef;
use crate::view::View;

use super::{Edges, Via};

/// `spec.selector` against the labels of pods and of workloads' templates.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(service) = view.cluster.services.get(&object.namespace, &object.name) else { return };
    for workload in view.workloads_behind(service) {
        edges.put(Via::Selects, workload);
    }
    for pod in view.pods_behind(service) {
        edges.put(Via::Selects, view.workload(pod));
    }
}
