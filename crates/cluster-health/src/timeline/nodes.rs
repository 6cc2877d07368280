//! Nodes that changed their conditions, were cordoned or tainted, or joined.

use crate::model::Resource;
use crate::view::View;

use super::{Entry, Scope, Sort};

pub(super) fn add(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    for node in view.cluster.nodes.iter().filter(|node| scope.has(&node.reference())) {
        let mut put = |at, sort, what, field| {
            if let Some(at) = at {
                entries.push(Entry { at, sort, object: node.reference(), what, untrusted_text: None, field });
            }
        };
        for condition in node.conditions.iter() {
            let what = format!("{} became {}", condition.kind, condition.status.as_str());
            put(condition.since, Sort::Node, what, "status.conditions[*].lastTransitionTime");
        }
        for taint in &node.taints {
            let what = if taint.key == "node.kubernetes.io/unschedulable" {
                "was cordoned".to_owned()
            } else {
                format!("was tainted {}:{}", taint.key, taint.effect)
            };
            put(taint.added, Sort::Node, what, "spec.taints[*].timeAdded");
        }
        put(node.meta.created, Sort::Node, "joined the cluster".to_owned(), "metadata.creationTimestamp");
    }
}
