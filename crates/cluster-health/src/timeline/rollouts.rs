//! Roll-outs: when a revision of a Deployment was made, and what it changed against the one before; StatefulSets that
//! have begun to replace their pods.

use std::collections::BTreeMap;

use crate::model::replica_set::ReplicaSet;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::ordered::Ordered;
use crate::view::View;

use super::differences::differences;
use super::{Entry, Scope, Sort};

pub(super) fn add(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    deployments(view, scope, entries);
    stateful_sets(view, scope, entries);
}

fn deployments(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    let mut revisions: BTreeMap<ObjectRef, Vec<&ReplicaSet>> = BTreeMap::new();
    for set in view.cluster.replica_sets.iter().filter(|set| set.revision > 0) {
        let Some(owner) = set.meta.owner.as_deref().filter(|owner| owner.kind == "Deployment") else { continue };
        let deployment = ObjectRef::new(Kind::Deployment, &set.meta.namespace, &owner.name);
        if scope.has(&deployment) {
            revisions.entry(deployment).or_default().push(set);
        }
    }
    for (deployment, mut sets) in revisions {
        sets.put_in_order_by_key(|set| set.revision);
        for (at, set) in sets.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| sets[before]);
            entries.extend(entry(&deployment, set, before));
        }
    }
}

/// A revision that was gone back to keeps its ReplicaSet and with it the time it was first made, so only the others are
/// told: their number and the order of their making agree.
fn entry(deployment: &ObjectRef, set: &ReplicaSet, before: Option<&ReplicaSet>) -> Option<Entry> {
    let at = set.meta.created?;
    if before.is_some_and(|before| before.meta.created > Some(at)) {
        return None;
    }
    let changed = before.map(|before| match differences(&before.template, &set.template).as_slice() {
        [] => ": only in fields that are not kept, such as commands or plain environment values".to_owned(),
        some => format!(": {}", some.join("; ")),
    });
    let changed = changed.unwrap_or_default();
    Some(Entry {
        at,
        sort: Sort::RollOut,
        object: deployment.clone(),
        what: format!("revision {} was made{changed}", set.revision),
        untrusted_text: None,
        field: "metadata.creationTimestamp of its ReplicaSet",
    })
}

/// The first pod with the new revision tells when replacing began.
fn stateful_sets(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    for set in view.cluster.stateful_sets.iter().filter(|set| scope.has(&set.reference())) {
        let moving = !set.update_revision.is_empty() && set.update_revision != set.current_revision;
        let pods = view.cluster.pods.in_namespace(&set.meta.namespace).filter(|_| moving);
        let new = pods.filter(|pod| pod.meta.labels.get("controller-revision-hash") == Some(&set.update_revision));
        let first: Option<crate::time::Time> = new.filter_map(|pod| pod.meta.created).min();
        entries.extend(first.map(|at| Entry {
            at,
            sort: Sort::RollOut,
            object: set.reference(),
            what: format!("the first pod of revision {} was made", word(&set.update_revision)),
            untrusted_text: None,
            field: "metadata.creationTimestamp of the pod",
        }));
    }
}

fn word(name: &Name) -> &str {
    crate::pod_trouble::shown(name)
}
