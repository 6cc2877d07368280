//! What a workload needs: what its pods in trouble need, and room in its namespace's quotas.

use crate::model::{Kind, ObjectRef, Resource};
use crate::view::View;

use super::{Edges, Via, owner, pod};

/// Pods of a workload are alike: these many tell what all of them need.
const PODS: usize = 32;

pub(super) fn edges(view: &View, workload: &ObjectRef, edges: &mut Edges) {
    own_owner(view, workload, edges);
    for one in view.unsettled_of(workload).iter().take(PODS) {
        pod::needs(view, one, edges);
    }
    for quota in view.exhausted_quotas(&workload.namespace) {
        edges.put(Via::LimitedBy, quota.reference());
    }
}

fn own_owner(view: &View, workload: &ObjectRef, edges: &mut Edges) {
    let ObjectRef { namespace, name, .. } = workload;
    let meta = match workload.known_kind() {
        Some(Kind::ReplicaSet) => view.cluster.replica_sets.get(namespace, name).map(|it| &it.meta),
        Some(Kind::Job) => view.cluster.jobs.get(namespace, name).map(|it| &it.meta),
        _ => None,
    };
    if let Some(meta) = meta {
        owner::edge(meta, edges);
    }
}
