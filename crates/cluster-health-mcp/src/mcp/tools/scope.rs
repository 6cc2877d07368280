//! Arguments that name things of the cluster, checked against it, with a hint when they are off.

use std::sync::Arc;

use cluster_health::coverage::Seen;
use cluster_health::incidents::Incident;
use cluster_health::model::deployment::Deployment;
use cluster_health::model::{Kind, ObjectRef, Scope};
use cluster_health::ordered::Ordered;
use cluster_health::{Cluster, Finding, Report, describe};

use super::super::ToolError;
use crate::state::{NotReady, Snapshot, State};

impl From<NotReady> for ToolError {
    fn from(NotReady { awaiting }: NotReady) -> Self {
        Self::NotReady { awaiting }
    }
}

pub(super) async fn snapshot(state: &State) -> Result<Arc<Snapshot>, ToolError> {
    Ok(state.first_snapshot().await?)
}

/// A namespace the cluster has; an unknown one would otherwise read as an empty, healthy one.
pub(in crate::mcp) fn namespace(cluster: &Cluster, name: &str) -> Result<(), ToolError> {
    let looked_at = matches!(cluster.coverage.of(Kind::Pod), Seen::InNamespaces(names) if names.contains(name));
    let known = cluster.namespaces.get("", name).is_some() || cluster.pods.in_namespace(name).next().is_some();
    if known || looked_at {
        return Ok(());
    }
    if let Some(reason) = cluster.coverage.unseen(Kind::Namespace) {
        return Err(ToolError::NotSeen { what: "namespaces".to_owned(), reason: reason.words() });
    }
    let names = cluster.namespaces.iter().map(|namespace| namespace.meta.name.as_str());
    Err(ToolError::NotFound { what: format!("namespace {name:?}"), hint: did_you_mean(name, names) })
}

/// A Deployment of the namespace.
pub(super) fn deployment<'c>(
    cluster: &'c Cluster,
    namespace: Option<&str>,
    name: &str,
) -> Result<&'c Deployment, ToolError> {
    let accepted = "the namespace of the Deployment";
    let namespace = namespace.ok_or_else(|| ToolError::MissingArgument {
        argument: "namespace".to_owned(),
        accepted: accepted.to_owned(),
    })?;
    cluster.deployments.get(namespace, name).ok_or_else(|| match cluster.coverage.unseen(Kind::Deployment) {
        Some(reason) => ToolError::NotSeen { what: "deployments".to_owned(), reason: reason.words() },
        None => ToolError::NotFound {
            what: format!("Deployment {name:?} in {namespace}"),
            hint: did_you_mean(name, cluster.deployments.in_namespace(namespace).map(|it| it.meta.name.as_str())),
        },
    })
}

/// The namespace given, or the only one that has such an object.
pub(super) fn namespace_of(
    cluster: &Cluster,
    kind: Kind,
    name: &str,
    given: Option<&str>,
) -> Result<String, ToolError> {
    if kind.scope() == Scope::Cluster {
        return Ok(String::new());
    }
    if let Some(given) = given {
        namespace(cluster, given)?;
        return Ok(given.to_owned());
    }
    match describe::namespaces_of(cluster, kind, name).as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(not_found(cluster, kind, "", name)),
        several => Err(ToolError::MissingArgument {
            argument: "namespace".to_owned(),
            accepted: format!("one of {}", several.iter().take(8).copied().collect::<Vec<_>>().join(", ")),
        }),
    }
}

/// A mistyped name is compared with no more than so many.
const COMPARED: usize = 5_000;

/// Says that it was not seen where that is so: what was not looked at may exist.
pub(super) fn not_found(cluster: &Cluster, kind: Kind, namespace: &str, name: &str) -> ToolError {
    if let Some(reason) = cluster.coverage.unseen(kind) {
        return ToolError::NotSeen { what: kind.plural().to_owned(), reason: reason.words() };
    }
    let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
    let anywhere = kind.scope() == Scope::Namespaced && namespace.is_empty();
    let hint = match anywhere {
        true => did_you_mean(name, cluster.names(kind).iter().take(COMPARED).map(|(_, known)| known.as_str())),
        false => did_you_mean(name, describe::names(cluster, kind, namespace).into_iter()),
    };
    ToolError::NotFound { what: format!("{kind} {name:?}{place}"), hint }
}

/// A kind the model holds, as people write it.
pub(super) fn kind(words: &str) -> Result<Kind, ToolError> {
    Kind::from_words(words).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        ToolError::argument("kind", words, format!("one of {}", names.join(", ")))
    })
}

/// The incident named: by its own identifier, by that of a finding, or by an object it touches.
pub(super) fn incident<'r>(report: &'r Report, id: &str) -> Result<&'r Incident, ToolError> {
    let findings = |incident: &'r Incident| incident.members.iter().filter_map(|it| report.findings.get(it.finding));
    let by_id = report.incidents.iter().find(|incident| incident.id == id);
    let by_finding = || report.incidents.iter().find(|incident| findings(incident).any(|finding| finding.id == id));
    let by_object = || {
        let is_it = |finding: &Finding| finding.id.split_once('/').is_some_and(|(_, object)| object == id);
        report.incidents.iter().find(|incident| findings(incident).any(is_it))
    };
    by_id.or_else(by_finding).or_else(by_object).ok_or_else(|| ToolError::NotFound {
        what: format!("incident {id:?}"),
        hint: match report.incidents.is_empty() {
            true => "there are no incidents".to_owned(),
            false => did_you_mean(id, report.incidents.iter().map(|incident| &*incident.id)),
        },
    })
}

/// The incident an object is the root of, else the first that touches it.
pub(super) fn incident_of<'r>(report: &'r Report, object: &ObjectRef) -> Option<&'r Incident> {
    let touches = |incident: &&Incident| {
        incident.members.iter().any(|it| report.findings.get(it.finding).is_some_and(|it| it.object == *object))
    };
    let root = report.incidents.iter().find(|incident| incident.root == *object);
    root.or_else(|| report.incidents.iter().find(touches))
}

/// Whether an incident has its root in a namespace, or broke something there.
pub(super) fn touches(report: &Report, incident: &Incident, namespace: &str) -> bool {
    let found = |at: usize| report.findings.get(at).is_some_and(|it| it.object.namespace == *namespace);
    incident.root.namespace == *namespace || incident.members.iter().any(|member| found(member.finding))
}

/// The closest names, best first.
pub(super) fn did_you_mean<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let mut near: Vec<(usize, &str)> = names.map(|name| (distance(wanted, name), name)).collect();
    near.put_in_order();
    let near: Vec<&str> = near.into_iter().take(SHOWN).map(|(_, name)| name).collect();
    match near.as_slice() {
        [] => "none was seen".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    }
}

/// Edit distance; a name that contains what was written is close whatever its length.
fn distance(a: &str, b: &str) -> usize {
    if b.contains(a) && !a.is_empty() {
        return 1;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let next = (diagonal + usize::from(from != *to)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first() {
        let names = ["openshift-etcd", "shop", "shop-tools", "default"];
        assert_eq!(did_you_mean("shp", names.into_iter()), "did you mean shop or default or shop-tools?");
        assert!(did_you_mean("etcd", names.into_iter()).starts_with("did you mean openshift-etcd"));
        assert_eq!(did_you_mean("x", std::iter::empty()), "none was seen");
    }
}
