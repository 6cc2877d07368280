//! What the pods there are ask for together. Requests, not consumption: that is what the scheduler and quotas count.

use crate::model::Kind;
use crate::model::pod::{Amounts, Phase};
use crate::view::View;

#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Pods that have not ended, scheduled or not.
    pub pods: u64,
    pub requests: Amounts,
    /// Of all nodes; only for the whole cluster, and where every node was seen.
    pub allocatable: Option<Amounts>,
}

/// Nothing where the pods were not all seen.
pub fn usage(view: &View, namespace: Option<&str>) -> Option<Usage> {
    let seen = namespace.map_or_else(|| view.all_seen(Kind::Pod), |namespace| view.seen_in(Kind::Pod, namespace));
    if !seen {
        return None;
    }
    let mut usage = Usage::default();
    let mut add = |pod: &crate::model::pod::Pod| {
        if !matches!(pod.phase, Phase::Succeeded | Phase::Failed) {
            usage.pods += 1;
            usage.requests = usage.requests.plus(pod.template.requests);
        }
    };
    match namespace {
        Some(namespace) => view.cluster.pods.in_namespace(namespace).for_each(&mut add),
        None => view.cluster.pods.iter().for_each(&mut add),
    }
    if namespace.is_none() && view.all_seen(Kind::Node) {
        let of = |node: &crate::model::node::Node| Amounts {
            cpu: node.cpu,
            memory: node.memory,
            gpus: node.gpus.allocatable,
        };
        usage.allocatable = Some(view.cluster.nodes.iter().fold(Amounts::default(), |sum, node| sum.plus(of(node))));
    }
    Some(usage)
}
