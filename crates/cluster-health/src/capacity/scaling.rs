//! What a change of a Deployment's replicas would meet: nodes, quotas, limit ranges, an autoscaler that undoes it,
//! volumes that only one node can mount.

use super::{Estimate, Shape, estimate};
use crate::model::deployment::Deployment;
use crate::model::horizontal_pod_autoscaler::HorizontalPodAutoscaler;
use crate::model::pod::Phase;
use crate::model::{Kind, ObjectRef, Resource};
use crate::view::View;

#[derive(Clone, Debug)]
pub struct Scaling<'a> {
    pub deployment: &'a Deployment,
    pub target: u32,
    /// Pods that exist; those that have ended do not count.
    pub existing: u32,
    /// Existing pods that no node has taken yet.
    pub unscheduled: u32,
    /// For one more pod of it.
    pub estimate: Estimate<'a>,
    /// What sets the replicas by itself, and will set them again.
    pub autoscaler: Option<&'a HorizontalPodAutoscaler>,
    /// Claims that only one node at a time can mount.
    pub single_node_claims: Vec<ObjectRef>,
}

impl Scaling<'_> {
    /// Pods the API would have to accept.
    pub fn new_pods(&self) -> u64 {
        u64::from(self.target.saturating_sub(self.existing))
    }

    /// Pods nodes would have to take, with those that wait already.
    pub fn pods_to_place(&self) -> u64 {
        u64::from(self.target.saturating_sub(self.existing - self.unscheduled))
    }

    /// Nothing where it is not known.
    pub fn fits_nodes(&self) -> Option<bool> {
        let place = self.pods_to_place();
        self.estimate.nodes.as_ref().map(|nodes| nodes.pods >= place).or((place == 0).then_some(true))
    }

    pub fn fits_quotas(&self) -> bool {
        self.new_pods() == 0
            || self.estimate.refusals.is_empty()
                && self.estimate.quota_pods().is_none_or(|pods| pods >= self.new_pods())
    }

    /// It still fits after the loss of the node that weighs most; nothing where that is not known.
    pub fn survives_a_node(&self) -> Option<bool> {
        let without = self.estimate.nodes.as_ref()?.without_one.as_ref()?;
        Some(without.homeless == 0 && without.pods >= self.pods_to_place())
    }

    /// The most replicas that fit; nothing where it is not known.
    pub fn most_replicas(&self) -> Option<u64> {
        let placed = u64::from(self.existing - self.unscheduled);
        let by_nodes = placed + self.estimate.nodes.as_ref()?.pods;
        let more = if self.estimate.refusals.is_empty() { self.estimate.quota_pods() } else { Some(0) };
        Some(more.map_or(by_nodes, |more| by_nodes.min(u64::from(self.existing) + more)))
    }
}

pub fn scaling<'a>(view: &View<'a>, deployment: &'a Deployment, target: u32) -> Scaling<'a> {
    let namespace = &deployment.meta.namespace;
    let workload = deployment.reference();
    let pods = view.cluster.pods.in_namespace(namespace);
    let own = pods.filter(|pod| {
        !matches!(pod.phase, Phase::Succeeded | Phase::Failed)
            && pod.meta.owner.is_some()
            && view.workload(pod) == workload
    });
    let (existing, unscheduled) =
        own.fold((0, 0), |(existing, unscheduled), pod| (existing + 1, unscheduled + u32::from(pod.node.is_empty())));
    let autoscalers = view.cluster.horizontal_pod_autoscalers.in_namespace(namespace);
    let claims =
        deployment.template.claims.iter().filter_map(|name| view.cluster.persistent_volume_claims.get(namespace, name));
    let single = |modes: &[crate::name::Name]| {
        !modes.is_empty() && modes.iter().all(|mode| *mode == "ReadWriteOnce" || *mode == "ReadWriteOncePod")
    };
    Scaling {
        deployment,
        target,
        existing,
        unscheduled,
        estimate: estimate(view, &Shape::of(&deployment.template), Some(namespace)),
        autoscaler: autoscalers
            .into_iter()
            .find(|it| it.target.kind == Kind::Deployment.name() && it.target.name == deployment.meta.name),
        single_node_claims: claims.filter(|claim| single(&claim.access_modes)).map(Resource::reference).collect(),
    }
}
