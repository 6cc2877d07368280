//! What is served, told in both ways: a document a group, or all at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::behaviour::Behaviour;
use super::status::Status;
use crate::resources::{self, Resource};

/// What to answer at a path that names no collection, and its media type if it is not plain JSON.
pub(super) fn root(path: &str, accepted: &str, behaviour: &Behaviour) -> Result<(Value, Option<&'static str>), Status> {
    const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let aggregated = behaviour.aggregated_discovery && accepted.contains("APIGroupDiscoveryList");
    match parts.as_slice() {
        ["api"] if aggregated => Ok((all_at_once(true, behaviour), Some(AGGREGATED))),
        ["apis"] if aggregated => Ok((all_at_once(false, behaviour), Some(AGGREGATED))),
        ["api"] => Ok((json!({"kind": "APIVersions", "versions": ["v1"]}), None)),
        ["apis"] => Ok((groups(behaviour), None)),
        ["api", "v1"] => resource_list("", "v1", behaviour),
        ["apis", group] => by_group(behaviour).get(group).map(|rows| (group_of(group, rows), None)).ok_or_else(missing),
        ["apis", group, version] => resource_list(group, version, behaviour),
        ["version"] => Ok((version(), None)),
        ["livez" | "readyz" | "healthz"] => Ok((json!("ok"), None)),
        _ => Err(missing()),
    }
}

fn missing() -> Status {
    Status::no_such_path()
}

fn version() -> Value {
    json!({"major": "1", "minor": "33", "gitVersion": "v1.33.5", "gitCommit": "0", "gitTreeState": "clean",
           "buildDate": "2026-09-01T00:00:00Z", "goVersion": "go1.24", "compiler": "gc", "platform": "linux/amd64"})
}

fn by_group(behaviour: &Behaviour) -> BTreeMap<&'static str, Vec<&'static Resource>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for resource in resources::ALL.iter().filter(|resource| !behaviour.unserved.contains(resource.plural)) {
        groups.entry(resource.group).or_default().push(resource);
    }
    groups
}

fn groups(behaviour: &Behaviour) -> Value {
    let groups = by_group(behaviour);
    let named = groups.iter().filter(|(group, _)| !group.is_empty());
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": named.map(|(group, rows)| group_of(group, rows)).collect::<Vec<_>>()})
}

fn group_of(group: &str, rows: &[&Resource]) -> Value {
    let version = rows.first().map_or("v1", |row| row.version);
    let entry = json!({"groupVersion": format!("{group}/{version}"), "version": version});
    json!({"kind": "APIGroup", "apiVersion": "v1", "name": group, "versions": [entry], "preferredVersion": entry})
}

fn resource_list(group: &str, version: &str, behaviour: &Behaviour) -> Result<(Value, Option<&'static str>), Status> {
    let groups = by_group(behaviour);
    let rows = groups.get(group).filter(|rows| rows.iter().any(|row| row.version == version)).ok_or_else(missing)?;
    let resource = |row: &&Resource| {
        json!({"name": row.plural, "singularName": row.kind.to_lowercase(), "namespaced": row.namespaced,
               "kind": row.kind, "verbs": VERBS})
    };
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let rows: Vec<Value> = rows.iter().map(resource).collect();
    Ok((json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": rows}), None))
}

const VERBS: [&str; 3] = ["get", "list", "watch"];

fn all_at_once(core: bool, behaviour: &Behaviour) -> Value {
    let groups = by_group(behaviour);
    let resource = |row: &&Resource| {
        json!({"resource": row.plural, "singularResource": row.kind.to_lowercase(), "verbs": VERBS,
               "scope": if row.namespaced { "Namespaced" } else { "Cluster" },
               "responseKind": {"group": row.group, "version": row.version, "kind": row.kind}})
    };
    let item = |(group, rows): (&&str, &Vec<&Resource>)| {
        let version = rows.first().map_or("v1", |row| row.version);
        json!({"metadata": {"name": group, "creationTimestamp": null},
               "versions": [{"version": version, "freshness": "Current",
                             "resources": rows.iter().map(resource).collect::<Vec<_>>()}]})
    };
    let items: Vec<Value> = groups.iter().filter(|(group, _)| group.is_empty() == core).map(item).collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}
