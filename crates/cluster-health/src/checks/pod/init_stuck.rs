//! Pods that do not get past an init container.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::pod::{Container, ContainerStatus, Pod, State};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::thresholds::POD_CREATING_HOLD;
use crate::view::View;

use super::crash_loop::meaning;

pub const CHECK: Check = Check {
    id: "pod-init-stuck",
    title: "A workload's init containers fail or never finish",
    explain: "Looks for pending pods with an init container that has failed, or not finished, for ten minutes. Init \
              containers run one after the other before the application, so one that waits for a database, a migration \
              or a download that never comes holds up the whole pod. Its own log tells what it waits for. Sidecars, \
              init containers that are meant to stay, count only while they have not started. Jobs may take their time \
              and count only when the init container fails.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Node],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::Init) {
        if view.held(pod_trouble::first_unready(pods.iter().copied()).0, POD_CREATING_HOLD) {
            out.extend(finding(view, workload, pods));
        }
    }
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let pod = *pods.first()?;
    let (container, status) = pod_trouble::blocking_init(pod)?;
    let failure = failure(status);
    let is_job = matches!(workload.known_kind(), Some(Kind::Job | Kind::CronJob));
    if is_job && failure.is_none() {
        return None;
    }
    let name = shown(&container.name);
    let many = pod_trouble::how_many_of(view, workload, pods);
    let last = pod.template.init_containers.len();
    let title = match failure {
        Some(exit_code) => format!("init container {name} fails and exits with {exit_code}{many}"),
        None => format!("init container {name} does not finish{many}"),
    };
    let mut finding =
        pod_trouble::finding(view, &CHECK, workload, pods, title).depends_on(view.dead_needs(pod)).depends_on(view.policies_against(pods));
    let path = format!("status.initContainerStatuses[{name}]");
    if let Some(exit_code) = failure {
        finding = finding
            .fact(format!("{path}.lastState.terminated.exitCode"), format!("{exit_code} ({})", meaning(exit_code)));
    }
    Some(
        finding
            .fact(format!("{path}.restartCount"), status.restarts)
            .fact("position among the init containers", format!("{} of {last}", position(pod, container)))
            .reference_of(format!("spec.initContainers[{name}].image"), &container.image)
            .depends_on(pod_trouble::unbound_claims(view, pod))
            .look(pod_trouble::logs(view, pod, container, false), "shows what it waits for or why it fails")
            .look(pod_trouble::describe(view, pod), "shows its command, mounts and events"),
    )
}

fn failure(status: &ContainerStatus) -> Option<i32> {
    let running = matches!(status.state, State::Running { .. }) && status.restarts == 0;
    let end = status.last_termination().filter(|end| !running && end.exit_code != 0)?;
    Some(end.exit_code)
}

fn position(pod: &Pod, container: &Container) -> usize {
    let same = |other: &Container| other.name == container.name;
    pod.template.init_containers.iter().position(same).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STUCK: &str = "
        kind: Pod
        metadata: {name: api-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: api, controller: true}]}
        spec: {nodeName: w1, initContainers: [{name: wait-for-db}, {name: migrate}], containers: [{name: app}]}
        status:
          phase: Pending
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @25m}]
          initContainerStatuses:
          - {name: wait-for-db, state: {running: {startedAt: @24m}}}
          - {name: migrate, state: {waiting: {reason: PodInitializing}}}
          containerStatuses: [{name: app, state: {waiting: {reason: PodInitializing}}}]";

    #[test]
    fn one_that_waits_for_ever_and_one_that_fails() {
        let found = fires(&CHECK, STUCK, &[
            "warning StatefulSet shop/api: init container wait-for-db does not finish (since 25m)",
        ]);
        assert!(found[0].facts.iter().any(|fact| format!("{:?}", fact.value).contains("1 of 2")));
        let failing = STUCK.replace(
            "state: {running: {startedAt: @24m}}",
            "restartCount: 4, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, finishedAt: @2m}}",
        );
        fires(&CHECK, &failing, &[
            "warning StatefulSet shop/api: init container wait-for-db fails and exits with 1 (since 25m)",
        ]);
    }

    #[test]
    fn young_finished_and_job_pods_and_running_sidecars_are_silent() {
        silent(&CHECK, &STUCK.replace("@25m", "@5m"));
        silent(&CHECK, &STUCK.replace("phase: Pending", "phase: Running"));
        silent(&CHECK, &STUCK.replace("kind: StatefulSet", "kind: Job"));
        let sidecar = STUCK
            .replace("{name: wait-for-db}", "{name: wait-for-db, restartPolicy: Always}")
            .replace("state: {running: {startedAt: @24m}}", "started: true, state: {running: {startedAt: @24m}}");
        silent(&CHECK, &sidecar);
    }
}
