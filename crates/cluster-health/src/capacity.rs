//! How many more pods of one shape fit: node by node, as the scheduler has to place them, and within everything that
//! bounds a namespace. Totals over nodes say nothing: four half-full nodes take no pod that needs a whole one.
//!
//! Only what was seen counts. Where nodes or pods were not all seen there is no number, and the reason stands for it.

mod nodes;
mod quotas;
mod ranges;
mod scaling;
mod shape;
#[cfg(test)]
mod tests;
mod usage;

pub use nodes::{Filler, NodeRoom, WithoutOne};
pub use quotas::Bound;
pub use ranges::Refusal;
pub use scaling::{Scaling, scaling};
pub use shape::{Part, Shape};
pub use usage::{Usage, usage};

use crate::coverage::Seen;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::view::View;

/// How many more pods of a shape fit, and what says so.
#[derive(Clone, Debug)]
pub struct Estimate<'a> {
    /// With what the namespace's LimitRanges add where the shape says nothing.
    pub shape: Shape<'a>,
    /// Nothing where nodes or pods were not all seen.
    pub nodes: Option<NodeRoom>,
    /// Of quotas, the tightest first.
    pub bounds: Vec<Bound>,
    /// Why the API would not accept such a pod at all.
    pub refusals: Vec<Refusal>,
    /// What would have had to be seen, with the reason; and what was seen but cannot be counted.
    pub not_seen: Vec<String>,
}

/// What keeps the number from being larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The API accepts none.
    Refused,
    Quota {
        object: ObjectRef,
        resource: Name,
    },
    /// Most nodes that could take it run out of this first.
    Nodes(Filler),
    /// No node takes even one.
    NoNode,
}

impl Estimate<'_> {
    /// How many more fit; nothing where nothing is known that would bound it.
    pub fn pods(&self) -> Option<u64> {
        if !self.refusals.is_empty() {
            return Some(0);
        }
        let nodes = self.nodes.as_ref().map(|nodes| nodes.pods);
        [nodes, self.quota_pods()].into_iter().flatten().min()
    }

    /// How many more every quota allows; nothing without a quota.
    pub fn quota_pods(&self) -> Option<u64> {
        self.bounds.first().map(|bound| bound.pods)
    }

    pub fn limit(&self) -> Option<Limit> {
        if !self.refusals.is_empty() {
            return Some(Limit::Refused);
        }
        let nodes = self.nodes.as_ref();
        let quota = self.bounds.first().filter(|bound| nodes.is_none_or(|nodes| bound.pods <= nodes.pods));
        if let Some(bound) = quota {
            return Some(Limit::Quota { object: bound.object.clone(), resource: bound.resource.clone() });
        }
        nodes.map(|nodes| nodes.filler().map_or(Limit::NoNode, Limit::Nodes))
    }

    /// How many are safe to add: less than fit by `margin` percent, and no more than would still fit after the loss of
    /// the one node that weighs most, where that is known.
    pub fn safe_pods(&self, margin: f64) -> Option<u64> {
        let pods = self.pods()?;
        // A float cast saturates; hundredths of a percent are as fine as anybody means it
        let kept = 10_000 - (margin.clamp(0.0, 100.0) * 100.0).round() as u64;
        let less = u64::try_from(u128::from(pods) * u128::from(kept) / 10_000).unwrap_or(u64::MAX);
        let without = self.nodes.as_ref().and_then(|nodes| nodes.without_one.as_ref());
        Some(without.map_or(less, |without| less.min(without.pods)))
    }
}

impl Limit {
    /// Such as `memory of the nodes` or `requests.cpu of ResourceQuota shop/team`.
    pub fn words(&self) -> String {
        match self {
            Limit::Refused => "the API would refuse it".to_owned(),
            Limit::Quota { object, resource } => format!("{resource} of {object}"),
            Limit::Nodes(filler) => format!("{} of the nodes", filler.words()),
            Limit::NoNode => "no node takes it".to_owned(),
        }
    }
}

/// For one shape, in the whole cluster or in one namespace.
pub fn estimate<'a>(view: &View, shape: &Shape<'a>, namespace: Option<&str>) -> Estimate<'a> {
    let mut not_seen = Vec::new();
    let (shape, refusals) = match namespace {
        Some(namespace) if seen(view, Kind::LimitRange, namespace, &mut not_seen) => {
            ranges::admission(view, shape, namespace)
        }
        _ => (shape.clone(), Vec::new()),
    };
    let bounds = namespace.map(|namespace| quotas::bounds(view, &shape, namespace, &mut not_seen)).unwrap_or_default();
    let all_there = [Kind::Node, Kind::Pod].map(|kind| seen_everywhere(view, kind, &mut not_seen));
    let nodes = (all_there == [true, true]).then(|| nodes::room(view, &shape, &mut not_seen));
    Estimate { shape, nodes, bounds, refusals, not_seen }
}

fn seen_everywhere(view: &View, kind: Kind, not_seen: &mut Vec<String>) -> bool {
    let seen = view.all_seen(kind);
    if !seen {
        not_seen.push(format!("{}: {}", kind.plural(), why(view, kind)));
    }
    seen
}

/// A kind the API does not have bounds nothing.
fn seen(view: &View, kind: Kind, namespace: &str, not_seen: &mut Vec<String>) -> bool {
    let seen = view.seen_in(kind, namespace);
    if !seen && view.cluster.coverage.unseen(kind) != Some(crate::coverage::Reason::NotServed) {
        not_seen.push(format!("{}: {}", kind.plural(), why(view, kind)));
    }
    seen
}

fn why(view: &View, kind: Kind) -> String {
    match view.cluster.coverage.of(kind) {
        Seen::NotSeen(reason) => reason.words().to_owned(),
        Seen::InNamespaces(_) => "only of some namespaces in the archive".to_owned(),
        Seen::Partial { why } | Seen::Stale { why, .. } => why.clone(),
        Seen::Complete => String::new(),
    }
}
