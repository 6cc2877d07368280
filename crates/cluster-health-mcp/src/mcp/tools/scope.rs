//! Arguments that name things of the cluster, checked against it, with a hint when they are off.

use std::sync::Arc;

use cluster_health::Cluster;
use cluster_health::model::Kind;

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
pub(super) fn namespace(cluster: &Cluster, name: &str) -> Result<(), ToolError> {
    let known = cluster.namespaces.get("", name).is_some() || cluster.pods.in_namespace(name).next().is_some();
    if known {
        return Ok(());
    }
    let names = cluster.namespaces.iter().map(|namespace| namespace.meta.name.as_str());
    Err(ToolError::NotFound { what: format!("namespace {name:?}"), hint: did_you_mean(name, names) })
}

/// A kind the model holds, as people write it.
pub(super) fn kind(words: &str) -> Result<Kind, ToolError> {
    Kind::from_words(words).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        ToolError::argument("kind", words, format!("one of {}", names.join(", ")))
    })
}

/// The closest names, best first.
pub(super) fn did_you_mean<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let mut near: Vec<(usize, &str)> = names.map(|name| (distance(wanted, name), name)).collect();
    near.sort_unstable();
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
