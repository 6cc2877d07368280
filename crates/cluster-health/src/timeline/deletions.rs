//! Objects that are being deleted.

use crate::model::meta::Meta;
use crate::model::{ObjectRef, Resource};
use crate::view::View;

use super::{Entry, Scope, Sort};

pub(super) fn add(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    let cluster = view.cluster;
    cluster.namespaces.iter().for_each(|it| one(it.reference(), &it.meta, scope, entries));
    cluster.deployments.iter().for_each(|it| one(it.reference(), &it.meta, scope, entries));
    cluster.stateful_sets.iter().for_each(|it| one(it.reference(), &it.meta, scope, entries));
    cluster.services.iter().for_each(|it| one(it.reference(), &it.meta, scope, entries));
    cluster.persistent_volume_claims.iter().for_each(|it| one(it.reference(), &it.meta, scope, entries));
    cluster.nodes.iter().for_each(|it| one(it.reference(), &it.meta, scope, entries));
}

fn one(object: ObjectRef, meta: &Meta, scope: &Scope, entries: &mut Vec<Entry>) {
    if let Some(deletion) = meta.deletion.as_deref().filter(|_| scope.has(&object)) {
        entries.push(Entry {
            at: deletion.due.minus(deletion.grace),
            sort: Sort::Deletion,
            object,
            what: "somebody asked for its deletion".to_owned(),
            untrusted_text: None,
            field: "metadata.deletionTimestamp",
        });
    }
}
