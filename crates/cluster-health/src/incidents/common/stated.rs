//! Faults whose checks named the same thing, of a sort that one fault can break for many: a webhook, a class, a driver,
//! an account.

use std::collections::BTreeMap;

use crate::finding::Confidence;
use crate::graph::Via;
use crate::model::ObjectRef;

use super::{AT_LEAST, Common, Roots, fact, look};

/// Of these a check names the one that was used, not all that might matter.
const SHARED: [&str; 9] = [
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "StorageClass",
    "CSIDriver",
    "ServiceAccount",
    "ConfigMap",
    "Secret",
    "IngressClass",
    "PersistentVolume",
];

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    let mut groups: BTreeMap<&ObjectRef, Vec<usize>> = BTreeMap::new();
    for (at, finding) in roots.iter() {
        for object in finding.upstream.iter().filter(|object| SHARED.contains(&&*object.kind)) {
            groups.entry(object).or_default().push(at);
        }
    }
    groups.retain(|_, of| of.len() >= AT_LEAST);
    let common = |(object, of): (&ObjectRef, Vec<usize>)| {
        let namespace = if object.namespace.is_empty() { String::new() } else { format!(" -n {}", object.namespace) };
        let command =
            format!("{} describe {} {}{namespace}", roots.view.cli(), object.kind.to_ascii_lowercase(), object.name);
        Common {
            object: object.clone(),
            via: Via::Stated,
            title: format!("{} faults have it in common", of.len()).into(),
            confidence: Confidence::Likely,
            facts: vec![fact("faults that name it", of.len())],
            next: vec![look(command, "shows what all of them depend on")],
            of,
        }
    };
    groups.into_iter().map(common).collect()
}
