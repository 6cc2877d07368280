//! From a ClusterOperator to what it looks after and is built on.

use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

/// `status.relatedObjects`, as [`View::causes_of`] reads them.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    if let Some(operator) = view.cluster.cluster_operators.get("", &object.name) {
        for needed in view.causes_of(operator) {
            let via = match needed.known_kind() {
                Some(Kind::Node) => Via::RunsOn,
                Some(Kind::ClusterOperator) => Via::BuiltOn,
                _ => Via::Manages,
            };
            edges.put(via, needed);
        }
    }
}
