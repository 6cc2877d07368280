//! ConfigMaps that were made or changed, as far as a workload uses them. When is read from the newest time in
//! `managedFields`, of which nothing else is kept. Changes of Secrets cannot be told: Secrets are never asked for.

use std::collections::BTreeMap;

use crate::finding::listed;
use crate::model::config_map::ConfigMap;
use crate::model::{ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::view::View;

use super::{Entry, Scope, Sort};

pub(super) fn add(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    let mut users: BTreeMap<(&Name, &Name), Vec<ObjectRef>> = BTreeMap::new();
    for maker in view.makers() {
        for map in &maker.template.config_maps {
            users.entry((&maker.meta.namespace, &map.name)).or_default().push(maker.reference());
        }
    }
    for map in view.cluster.config_maps.iter() {
        if let Some(users) = users.get(&(&map.meta.namespace, &map.meta.name))
            && (scope.has(&map.reference()) || users.iter().any(|user| scope.has(user)))
        {
            entries.extend(entry(map, users));
        }
    }
}

fn entry(map: &ConfigMap, users: &[ObjectRef]) -> Option<Entry> {
    let changed = map.changed.filter(|changed| map.meta.created.is_none_or(|created| *changed > created));
    let (at, did, field) = match changed {
        Some(changed) => (changed, "was changed", "metadata.managedFields[*].time, the newest"),
        None => (map.meta.created?, "was made", "metadata.creationTimestamp"),
    };
    let names = users.iter().map(|user| format!("{} {}", user.kind, shown(&user.name))).collect::<Vec<_>>();
    let version = match map.meta.resource_version {
        0 => String::new(),
        version => format!(" (resourceVersion {version})"),
    };
    Some(Entry {
        at,
        sort: Sort::Configuration,
        object: map.reference(),
        what: format!("{did}{version}; used by {}", listed(names.iter().map(String::as_str))),
        untrusted_text: None,
        field,
    })
}
