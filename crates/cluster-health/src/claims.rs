//! Who uses a claim, and which machine holds its volume.

use crate::model::event::Event;
use crate::model::node::Node;
use crate::model::persistent_volume_claim::PersistentVolumeClaim;
use crate::model::pod::{Phase, Pod};
use crate::model::{Kind, ObjectRef};
use crate::thresholds;
use crate::view::View;

impl<'a> View<'a> {
    /// Pods that cannot start before the claim has its volume.
    pub fn waiting_for(&self, claim: &PersistentVolumeClaim) -> Vec<&'a Pod> {
        let waits = |pod: &&&Pod| pod.phase == Phase::Pending && pod.meta.deletion.is_none() && uses(pod, claim);
        self.unsettled.iter().filter(waits).copied().collect()
    }

    /// Pods that use the claim and are not done. Looks at every pod of the namespace: for claims in trouble only.
    pub fn pods_using(&self, claim: &PersistentVolumeClaim) -> Vec<&'a Pod> {
        let pods = self.cluster.pods.in_namespace(&claim.meta.namespace);
        pods.filter(|pod| !matches!(pod.phase, Phase::Succeeded | Phase::Failed) && uses(pod, claim)).collect()
    }

    /// The claims of a pod that were seen.
    pub fn claims_of(&self, pod: &Pod) -> impl Iterator<Item = &'a PersistentVolumeClaim> {
        let claims = self.cluster;
        let namespace = pod.meta.namespace.clone();
        pod.template.claims.iter().filter_map(move |name| claims.persistent_volume_claims.get(&namespace, name))
    }

    /// The nodes a claim's volume is attached to, as they report themselves.
    pub fn nodes_holding(&self, claim: &PersistentVolumeClaim) -> Vec<&'a Node> {
        let volume = self.cluster.persistent_volumes.get("", &claim.volume);
        let Some(volume) = volume.filter(|volume| !volume.attached_as.is_empty()) else { return Vec::new() };
        self.cluster.nodes.iter().filter(|node| node.attached.contains(&volume.attached_as)).collect()
    }

    /// Workloads of which pods are bound to a living node and still wait for a volume, by the newest of these warnings
    /// about each. Only warnings count that are recent, and first came long enough ago.
    pub fn waiting_for_volume(&self, reason: &str) -> Vec<Stuck<'a>> {
        let mut stuck: Vec<Stuck> = Vec::new();
        for &pod in &self.unsettled {
            if pod.phase != Phase::Pending || pod.node.is_empty() || pod.meta.deletion.is_some() {
                continue;
            }
            let Some(event) = self.pod_warning(pod, &[reason]).filter(|event| self.is_lasting(pod, event)) else {
                continue;
            };
            if self.on_dead_node(pod) {
                continue;
            }
            let workload = self.workload(pod);
            match stuck.iter_mut().find(|one| one.workload == workload) {
                Some(one) => one.pods.push((pod, event)),
                None => stuck.push(Stuck { workload, pods: vec![(pod, event)] }),
            }
        }
        stuck
    }

    fn is_lasting(&self, pod: &Pod, event: &Event) -> bool {
        // A StatefulSet's pod has the name of the one before it, whose events may still be there.
        let about_this_pod = event.last >= pod.meta.created;
        let first = event.first.max(pod.meta.created);
        about_this_pod && self.within(event.last, thresholds::RECENT_EVENT) && self.held(first, thresholds::VOLUME_HOLD)
    }
}

/// A workload of which pods wait for volumes, each with the newest warning about it.
#[derive(Debug)]
pub struct Stuck<'a> {
    pub workload: ObjectRef,
    pub pods: Vec<(&'a Pod, &'a Event)>,
}

fn uses(pod: &Pod, claim: &PersistentVolumeClaim) -> bool {
    if pod.meta.namespace != claim.meta.namespace {
        return false;
    }
    // A claim made for a pod's ephemeral volume is not named in the pod; it names the pod as its owner.
    let is_its_own =
        claim.meta.owner.as_ref().is_some_and(|owner| owner.kind == Kind::Pod.name() && owner.name == pod.meta.name);
    is_its_own || pod.template.claims.contains(&claim.meta.name)
}
