//! Quotas of a namespace: how many more pods of a shape each of their limits allows.

use super::seen;
use super::shape::Shape;
use crate::model::resource_quota::{Limit, ResourceQuota};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::ordered::Ordered;
use crate::quantity::Quantity;
use crate::view::View;

/// One limit of one quota, as far as pods count against it.
#[derive(Clone, Debug)]
pub struct Bound {
    /// A ResourceQuota or ClusterResourceQuota.
    pub object: ObjectRef,
    /// Such as `pods` or `requests.cpu`.
    pub resource: Name,
    pub hard: Quantity,
    pub used: Quantity,
    /// What one pod adds; nothing where the pod does not say what the quota asks it to say, so that the API refuses it.
    pub each: Option<Quantity>,
    /// How many more it allows.
    pub pods: u64,
}

impl Bound {
    /// `used` after so many more pods.
    pub fn after(&self, pods: u64) -> Quantity {
        self.used.plus(self.each.unwrap_or_default().times(pods))
    }
}

/// The tightest first.
pub(super) fn bounds(view: &View, shape: &Shape, namespace: &str, not_seen: &mut Vec<String>) -> Vec<Bound> {
    let mut bounds = Vec::new();
    if seen(view, Kind::ResourceQuota, namespace, not_seen) {
        for quota in view.cluster.resource_quotas.in_namespace(namespace) {
            match counts(quota, shape) {
                Some(true) => add(&quota.reference(), &quota.limits, shape, &mut bounds, not_seen),
                Some(false) => {}
                None => not_seen.push(format!("{}: counts only pods of some scopes", quota.reference())),
            }
        }
    }
    if seen(view, Kind::ClusterResourceQuota, "", not_seen) {
        for quota in view.cluster.cluster_resource_quotas.iter() {
            if quota.namespaces.iter().any(|name| *name == *namespace) {
                add(&quota.reference(), &quota.limits, shape, &mut bounds, not_seen);
            }
        }
    }
    bounds.put_in_order_by(|a, b| (a.pods, &a.object, &a.resource).cmp(&(b.pods, &b.object, &b.resource)));
    bounds
}

/// Whether the quota counts pods of this shape; nothing where that depends on what a shape does not say.
fn counts(quota: &ResourceQuota, shape: &Shape) -> Option<bool> {
    let (requests, limits) = (shape.requests(), shape.limits());
    let best_effort =
        requests.cpu.is_none() && requests.memory.is_none() && limits.cpu.is_none() && limits.memory.is_none();
    let mut known = true;
    for scope in &quota.scopes {
        match &**scope {
            "BestEffort" if !best_effort => return Some(false),
            "NotBestEffort" if best_effort => return Some(false),
            // Pods with a deadline are those of Jobs and builds
            "Terminating" => return Some(false),
            "BestEffort" | "NotBestEffort" | "NotTerminating" => {}
            _ => known = false,
        }
    }
    known.then_some(true)
}

fn add(object: &ObjectRef, limits: &[Limit], shape: &Shape, bounds: &mut Vec<Bound>, not_seen: &mut Vec<String>) {
    for limit in limits {
        let each = match each(&limit.resource, shape) {
            Each::Nothing => continue,
            Each::Unknown => {
                not_seen.push(format!("{object}: {} is not counted", limit.resource));
                continue;
            }
            Each::Unstated => None,
            Each::Takes(amount) => Some(amount),
        };
        let left = limit.hard.minus(limit.used);
        // A pod that takes nothing of it is not bounded by it, unless it is exceeded already
        let pods = match each {
            None => 0,
            Some(each) => match left.holds(each) {
                Some(pods) => pods,
                None => continue,
            },
        };
        let resource = limit.resource.clone();
        bounds.push(Bound { object: object.clone(), resource, hard: limit.hard, used: limit.used, each, pods });
    }
}

enum Each {
    /// Pods do not count against it.
    Nothing,
    Takes(Quantity),
    /// The quota wants every pod to say it, and this one does not.
    Unstated,
    /// The model does not read it of containers.
    Unknown,
}

fn each(resource: &str, shape: &Shape) -> Each {
    let stated = |amount: Option<Quantity>| amount.map_or(Each::Unstated, Each::Takes);
    match resource {
        "pods" | "count/pods" => Each::Takes(Quantity::from_millis(1000)),
        "cpu" | "requests.cpu" => stated(shape.requests().cpu),
        "memory" | "requests.memory" => stated(shape.requests().memory),
        "limits.cpu" => stated(shape.limits().cpu),
        "limits.memory" => stated(shape.limits().memory),
        // The API does not insist on these
        "requests.nvidia.com/gpu" => shape.requests().gpus.map_or(Each::Nothing, Each::Takes),
        "ephemeral-storage" | "requests.ephemeral-storage" | "limits.ephemeral-storage" => Each::Unknown,
        _ => Each::Nothing,
    }
}
