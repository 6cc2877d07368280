//! From a namespace to what in it lacks pods: what is said of a namespace as a whole comes from there.

use crate::model::ObjectRef;
use crate::view::View;

use super::{Edges, Via};

/// As [`View::causes_in`] reads them.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    for workload in view.short_workloads(&object.name) {
        edges.put(Via::Holds, workload);
    }
}
