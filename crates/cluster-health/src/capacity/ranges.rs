//! LimitRanges of a namespace: what they add to a pod that says nothing, and what they refuse.

use super::shape::{Part, Shape};
use crate::model::limit_range::{Limit, LimitRange};
use crate::model::pod::Amounts;
use crate::model::{ObjectRef, Resource};
use crate::quantity::Quantity;
use crate::view::View;

/// A bound the pod breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub range: ObjectRef,
    /// Such as `spec.limits[Container].max[memory]`.
    pub bound: String,
    pub value: Quantity,
    /// What the pod or container asks for; nothing where it asks for nothing and would have to.
    pub given: Option<Quantity>,
}

impl Refusal {
    pub fn words(&self) -> String {
        let given = self.given.map_or_else(|| "states nothing".to_owned(), |given| format!("has {given}"));
        format!("{}: {} is {}, the pod {given}", self.range, self.bound, self.value)
    }
}

/// The shape as it would be created, and why it would not.
pub(super) fn admission<'a>(view: &View, shape: &Shape<'a>, namespace: &str) -> (Shape<'a>, Vec<Refusal>) {
    let mut shape = shape.clone();
    for range in view.cluster.limit_ranges.in_namespace(namespace) {
        shape.parts.iter_mut().for_each(|part| fill(part, range));
    }
    let mut refusals = Vec::new();
    for range in view.cluster.limit_ranges.in_namespace(namespace) {
        for limit in &range.limits {
            if let Some(given) = broken(limit, &shape) {
                refusals.push(Refusal { range: range.reference(), bound: limit.path(), value: limit.value, given });
            }
        }
    }
    (shape, refusals)
}

fn fill(part: &mut Part, range: &LimitRange) {
    for default in range.defaults.iter().filter(|default| default.of == "Container") {
        let amounts = if default.bound == "default" { &mut part.limits } else { &mut part.requests };
        if let Some(amount) = amounts.get_mut(&default.resource) {
            amount.get_or_insert(default.value);
        }
    }
    // Where a limit came alone, it is the request too
    part.requests.cpu = part.requests.cpu.or(part.limits.cpu);
    part.requests.memory = part.requests.memory.or(part.limits.memory);
}

/// What was given instead, where the bound is broken.
fn broken(limit: &Limit, shape: &Shape) -> Option<Option<Quantity>> {
    let pairs: Vec<(Amounts, Amounts)> = match &*limit.of {
        "Container" => shape.parts.iter().map(|part| (part.requests, part.limits)).collect(),
        "Pod" => vec![(shape.requests(), shape.limits())],
        _ => return None,
    };
    pairs.iter().find_map(|(requests, limits)| broken_by(limit, requests, limits))
}

fn broken_by(limit: &Limit, requests: &Amounts, limits: &Amounts) -> Option<Option<Quantity>> {
    if !matches!(&*limit.resource, "cpu" | "memory") {
        return None;
    }
    let (request, most) = (requests.get(&limit.resource), limits.get(&limit.resource));
    match limit.bound {
        "max" => most.is_none_or(|most| most > limit.value).then_some(most),
        "min" => request.is_none_or(|request| request < limit.value).then_some(request),
        _ => match (request, most) {
            (Some(request), Some(most)) if request > Quantity::ZERO => {
                let ratio = most.millis().saturating_mul(1000) / request.millis();
                (ratio > limit.value.millis()).then_some(Some(Quantity::from_millis(ratio)))
            }
            _ => Some(None),
        },
    }
}
