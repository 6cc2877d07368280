//! What every assessment asks of all pods, kept up to date with each change: how many are in which phase, what each node
//! carries, and which pods stand out. Nothing has to pass over all pods then, of which there are hundreds of thousands.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::pod::{Amounts, Phase, Pod};
use crate::name::Name;
use crate::quantity::Quantity;

use super::store::{Held, Store};

/// How many pods are in each phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Phases {
    pub pending: usize,
    pub running: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub unknown: usize,
}

/// What a node carries; pods that have ended no longer count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub pods: u32,
    pub requests: Amounts,
}

/// Equal for equal pods, in whatever order they came and went.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    phases: Phases,
    loads: Arc<HashMap<Name, Sums>>,
    unsettled: Store<Pod>,
    restarted: Store<Pod>,
}

impl Standing {
    pub fn phases(&self) -> Phases {
        self.phases
    }

    pub fn load(&self, node: &str) -> Load {
        self.loads.get(node).map(Sums::load).unwrap_or_default()
    }

    /// Pods that do not simply run and are not simply done, sorted.
    pub fn unsettled(&self) -> impl Iterator<Item = &Pod> {
        self.unsettled.iter()
    }

    /// Pods that simply run, and of which a container has ended before, sorted.
    pub fn restarted(&self) -> impl Iterator<Item = &Pod> {
        self.restarted.iter()
    }

    pub(super) fn of(pods: impl Iterator<Item = Held>) -> Self {
        let mut standing = Self::default();
        pods.for_each(|pod| standing.enter(&pod));
        standing
    }

    pub(super) fn enter(&mut self, held: &Held) {
        let Some(pod) = as_pod(held) else { return };
        *self.phases.of(pod.phase) += 1;
        if is_carried(pod) {
            Arc::make_mut(&mut self.loads).entry(pod.node.clone()).or_default().add(pod.template.requests);
        }
        let stands_out = self.where_it_stands_out(pod);
        if let Some(store) = stands_out {
            store.objects_mut().insert(pod.meta.namespace.clone(), pod.meta.name.clone(), held.clone());
        }
    }

    pub(super) fn leave(&mut self, held: &Held) {
        let Some(pod) = as_pod(held) else { return };
        let phase = self.phases.of(pod.phase);
        *phase = phase.saturating_sub(1);
        if is_carried(pod) {
            let loads = Arc::make_mut(&mut self.loads);
            if let Some(sums) = loads.get_mut(&pod.node) {
                sums.take(pod.template.requests);
                if sums.pods == 0 {
                    loads.remove(&pod.node);
                }
            }
        }
        if let Some(store) = self.where_it_stands_out(pod) {
            store.objects_mut().remove(&pod.meta.namespace, &pod.meta.name);
        }
    }

    fn where_it_stands_out(&mut self, pod: &Pod) -> Option<&mut Store<Pod>> {
        if !pod.is_settled() {
            Some(&mut self.unsettled)
        } else if pod.phase == Phase::Running && pod.last_exit.is_some() {
            Some(&mut self.restarted)
        } else {
            None
        }
    }
}

fn as_pod(held: &Held) -> Option<&Pod> {
    let any: &(dyn Any + Send + Sync) = &**held;
    any.downcast_ref()
}

fn is_carried(pod: &Pod) -> bool {
    !pod.node.is_empty() && !matches!(pod.phase, Phase::Succeeded | Phase::Failed)
}

impl Phases {
    pub fn add(&mut self, phase: Phase) {
        *self.of(phase) += 1;
    }

    fn of(&mut self, phase: Phase) -> &mut usize {
        match phase {
            Phase::Pending => &mut self.pending,
            Phase::Running => &mut self.running,
            Phase::Succeeded => &mut self.succeeded,
            Phase::Failed => &mut self.failed,
            Phase::Unknown => &mut self.unknown,
        }
    }

    pub fn total(&self) -> usize {
        self.pending + self.running + self.succeeded + self.failed + self.unknown
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    pods: u32,
    cpu: Sum,
    memory: Sum,
    gpus: Sum,
}

impl Sums {
    fn add(&mut self, requests: Amounts) {
        self.pods += 1;
        self.cpu.add(requests.cpu);
        self.memory.add(requests.memory);
        self.gpus.add(requests.gpus);
    }

    fn take(&mut self, requests: Amounts) {
        self.pods = self.pods.saturating_sub(1);
        self.cpu.take(requests.cpu);
        self.memory.take(requests.memory);
        self.gpus.take(requests.gpus);
    }

    fn load(&self) -> Load {
        let requests = Amounts { cpu: self.cpu.total(), memory: self.memory.total(), gpus: self.gpus.total() };
        Load { pods: self.pods, requests }
    }
}

/// Wide enough not to saturate whatever tenants ask for: what is taken off again must leave what was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    millis: i128,
    /// Of how many pods that ask for any.
    of: u32,
}

impl Sum {
    fn add(&mut self, quantity: Option<Quantity>) {
        if let Some(quantity) = quantity {
            self.millis += i128::from(quantity.millis());
            self.of += 1;
        }
    }

    fn take(&mut self, quantity: Option<Quantity>) {
        if let Some(quantity) = quantity {
            self.millis -= i128::from(quantity.millis());
            self.of = self.of.saturating_sub(1);
        }
    }

    fn total(self) -> Option<Quantity> {
        let bounded = i64::try_from(self.millis).unwrap_or(if self.millis < 0 { i64::MIN } else { i64::MAX });
        (self.of > 0).then(|| Quantity::from_millis(bounded))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Index;
    use super::*;
    use crate::change::Change;
    use crate::decode;
    use crate::model::Kind;
    use crate::testing::cluster;

    fn pod(name: u8, node: u8, phase: &str, cpu: &str, restarted: bool) -> Change {
        let last =
            if restarted { r#"{"terminated":{"exitCode":1,"finishedAt":"2026-01-01T00:00:00Z"}}"# } else { "{}" };
        let text = format!(
            r#"{{"metadata":{{"namespace":"n{}","name":"p{name}"}},
            "spec":{{"nodeName":"w{node}","containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{cpu}"}}}}}}]}},
            "status":{{"phase":"{phase}","conditions":[{{"type":"Ready","status":"True"}}],
            "containerStatuses":[{{"name":"c","ready":true,"lastState":{last}}}]}}}}"#,
            name % 2
        );
        Change::Apply(decode::json(Kind::Pod, text.as_bytes()).unwrap())
    }

    fn change() -> impl Strategy<Value = Change> {
        let phases = prop::sample::select(vec!["Running", "Pending", "Failed", "Succeeded"]);
        let cpus = prop::sample::select(vec!["100m", "2", "9223372036854775807", "100E"]);
        prop_oneof![
            4 => (0..6u8, 0..3u8, phases, cpus, any::<bool>())
                .prop_map(|(name, node, phase, cpu, restarted)| pod(name, node, phase, cpu, restarted)),
            1 => (0..6u8).prop_map(|name| Change::Delete {
                kind: Kind::Pod,
                namespace: format!("n{}", name % 2).as_str().into(),
                name: format!("p{name}").as_str().into(),
            }),
        ]
    }

    fn names<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<&'a str> {
        pods.map(|pod| pod.meta.name.as_str()).collect()
    }

    proptest! {
        #[test]
        fn after_any_changes_it_is_what_one_pass_over_all_pods_finds(changes in prop::collection::vec(change(), 0..60)) {
            let mut index = Index::default();
            changes.into_iter().for_each(|change| index.apply(change));
            let cluster = index.into_cluster();
            let (kept, anew) = (cluster.standing(), Standing::of(cluster.pods.objects().held().cloned()));
            prop_assert_eq!(kept.phases, anew.phases);
            prop_assert_eq!(kept.phases.total(), cluster.pods.len());
            prop_assert_eq!(&kept.loads, &anew.loads);
            prop_assert_eq!(names(kept.unsettled()), names(anew.unsettled()));
            prop_assert_eq!(names(kept.restarted()), names(anew.restarted()));
            prop_assert_eq!(names(kept.unsettled()), names(cluster.pods.iter().filter(|pod| !pod.is_settled())));
        }
    }

    #[test]
    fn pods_that_have_ended_weigh_nothing() {
        let cluster = cluster(
            "
            kind: Pod
            metadata: {name: a, namespace: shop}
            spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 200m}}}]}
            status: {phase: Running}
            ---
            kind: Pod
            metadata: {name: b, namespace: shop}
            spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 300m}}}]}
            status: {phase: Running}
            ---
            kind: Pod
            metadata: {name: c, namespace: shop}
            spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 300m}}}]}
            status: {phase: Succeeded}",
        );
        let load = cluster.standing().load("w1");
        assert_eq!((load.pods, load.requests.cpu.map(|cpu| cpu.millis())), (2, Some(500)));
        assert_eq!(cluster.standing().load("w2"), Load::default());
    }
}
