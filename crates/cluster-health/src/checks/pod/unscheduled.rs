//! Pods that no scheduler has looked at.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::thresholds::{SCHEDULER_HOLD, SCHEDULER_SILENT_PODS};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-unscheduled",
    title: "No scheduler has looked at a workload's pods",
    explain: "Looks for pending pods without any answer of the scheduler, neither a node nor a reason, two minutes after \
              they were made. A single workload usually names a scheduler in schedulerName that does not run; when \
              several pods wait for the default scheduler, that one is down or has lost its lease, and no new pod starts \
              anywhere in the cluster while running ones go on. Pods with scheduling gates wait on purpose and are not \
              counted, nor are pods the scheduler has called unschedulable.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::ClusterOperator],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-kube-scheduler-operator/KubeSchedulerDown.md",
    run,
};

const DEFAULT_SCHEDULER: &str = "default-scheduler";

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_scheduler: BTreeMap<&Name, Vec<&Pod>> = BTreeMap::new();
    for (workload, pods) in view.troubled(PodTrouble::Unscheduled) {
        let waiting: Vec<&Pod> =
            pods.iter().copied().filter(|pod| view.held(pod.meta.created, SCHEDULER_HOLD)).collect();
        if let Some(first) = waiting.first() {
            out.push(of_workload(view, workload, &waiting, first));
        }
        for pod in waiting {
            by_scheduler.entry(&pod.template.scheduler).or_default().push(pod);
        }
    }
    for (scheduler, pods) in by_scheduler {
        if is_default(scheduler) && pods.len() >= SCHEDULER_SILENT_PODS {
            out.push(of_scheduler(view, &pods));
        }
    }
}

fn is_default(scheduler: &str) -> bool {
    scheduler.is_empty() || scheduler == DEFAULT_SCHEDULER
}

fn of_workload(view: &View, workload: &ObjectRef, pods: &[&Pod], first: &Pod) -> Finding {
    let many = pod_trouble::how_many(view, workload, pods);
    let scheduler = &first.template.scheduler;
    let scheduler = if scheduler.is_empty() { DEFAULT_SCHEDULER } else { scheduler };
    let finding =
        pod_trouble::finding(view, &CHECK, workload, pods, format!("no scheduler has looked at {many}"))
            .fact("spec.schedulerName", shown(scheduler))
            .fact("status.conditions[PodScheduled]", "not set")
            .look(pod_trouble::describe(view, first), "shows which scheduler it waits for and whether events name it");
    if is_default(scheduler) { finding.depends_on([the_scheduler(view)]) } else { finding }
}

/// What stands for the default scheduler: its operator, or the namespace it runs in.
fn the_scheduler(view: &View) -> ObjectRef {
    if view.is_openshift() {
        ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &"kube-scheduler".into())
    } else {
        ObjectRef::new(Kind::Namespace, &Name::empty(), &"kube-system".into())
    }
}

fn of_scheduler(view: &View, pods: &[&Pod]) -> Finding {
    let namespace = if view.is_openshift() { "openshift-kube-scheduler" } else { "kube-system" };
    let (since, field) = pod_trouble::first_unready(pods.iter().copied());
    let title = format!("the default scheduler has not looked at {} pods", pods.len());
    Finding::new(&CHECK, Severity::Critical, the_scheduler(view), title)
        .since(since, field)
        .confidence(Confidence::Likely)
        .fact("spec.schedulerName", DEFAULT_SCHEDULER)
        .fact("pods without a PodScheduled condition", pods.len())
        .affects(pods.iter().map(|pod| pod.reference()))
        .look(
            format!("{} get pods -n {namespace} -o wide", view.cli()),
            "shows whether the scheduler's own pods run on every control-plane node",
        )
        .look(
            format!("{} get lease -n {} kube-scheduler -o yaml", view.cli(), "kube-system"),
            "shows which scheduler leads and when it last said so",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const WAITING: &str = "
        kind: Pod
        metadata: {name: web-1, namespace: shop, creationTimestamp: @9m}
        spec: {containers: [{name: app}]}
        status: {phase: Pending}";

    #[test]
    fn one_workload_is_its_own_trouble() {
        let other = WAITING.replace("spec: {", "spec: {schedulerName: gpu-scheduler, ");
        let found = fires(&CHECK, &other, &["warning Pod shop/web-1: no scheduler has looked at the pod (since 9m)"]);
        assert!(found[0].upstream.is_empty());
    }

    #[test]
    fn many_are_the_schedulers_trouble() {
        let pods: Vec<String> = (1..=5).map(|i| WAITING.replace("web-1", &format!("web-{i}"))).collect();
        let lines: Vec<String> = (1..=5)
            .map(|i| format!("warning Pod shop/web-{i}: no scheduler has looked at the pod (since 9m)"))
            .chain([
                "critical Namespace kube-system: the default scheduler has not looked at 5 pods (since 9m)".to_owned(),
            ])
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = fires(&CHECK, &pods.join("\n        ---"), &lines);
        assert!(found[..5].iter().all(|finding| finding.upstream == [found[5].object.clone()]));
    }

    #[test]
    fn new_gated_and_answered_pods_are_silent() {
        silent(&CHECK, &WAITING.replace("@9m", "@1m"));
        silent(&CHECK, &WAITING.replace("spec: {", "spec: {schedulingGates: [{name: example.com/hold}], "));
        silent(&CHECK, &WAITING.replace("phase: Pending", "phase: Pending, conditions: [{type: PodScheduled, status: 'False'}]"));
    }
}
