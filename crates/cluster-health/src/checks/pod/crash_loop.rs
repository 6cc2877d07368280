//! Containers that keep failing, so that the kubelet waits longer and longer before it starts them again.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Text};
use crate::model::pod::{Container, ContainerStatus, Pod, Termination};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-crash-loop",
    title: "A workload's containers crash again and again",
    explain: "Looks for containers in CrashLoopBackOff, or that have just failed once more after several restarts. \
              While the kubelet backs off, for up to five minutes a round, the container serves nobody. Usual causes \
              are a setting or secret the application does not accept, a dependency that does not answer, a liveness \
              probe that kills it too early, or a wrong command; the exit code and the end of the previous log tell \
              which. Containers that were killed for want of memory are told apart and not counted here. Critical on \
              the platform and when nothing of the workload serves.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Node],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(
        view.troubled(PodTrouble::CrashLoop).filter_map(|(workload, pods)| finding(view, workload, pods)),
    );
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let (pod, container, status) = worst(view, pods)?;
    let name = shown(&container.name);
    let end = status.last_termination();
    let many = pod_trouble::how_many_of(view, workload, pods);
    let code = match end {
        Some(end) if is_command(end) => format!(": {}", meaning(end.exit_code)),
        Some(end) => format!(" and exits with {}", end.exit_code),
        None => String::new(),
    };
    let title = format!("container {name} crashes again and again{code}{many}");
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title).depends_on(view.policies_against(pods));
    let status_path = format!("status.containerStatuses[{name}]");
    if let Some(end) = end {
        finding = finding.fact(
            format!("{status_path}.lastState.terminated.exitCode"),
            format!("{} ({})", end.exit_code, meaning(end.exit_code)),
        );
    }
    finding = finding.fact(format!("{status_path}.restartCount"), status.restarts);
    if let Some(at) = end.and_then(|end| end.finished) {
        finding = finding.fact(format!("{status_path}.lastState.terminated.finishedAt"), at);
    }
    finding = finding
        .reference_of(format!("spec.containers[{name}].image"), &container.image)
        .look(pod_trouble::logs(view, pod, container, true), "shows the last lines before the crash")
        .look(pod_trouble::describe(view, pod), "shows its probes, mounts and events");
    let needs = view.unserved_needs(pod);
    for service in &needs {
        let service = service.reference();
        finding = finding.fact("its environment or arguments name, without a ready endpoint (inferred)", &service);
    }
    let finding = finding.depends_on(needs.into_iter().map(Resource::reference)).depends_on(view.unknown_needs(pod));
    Some(pod_trouble::offer_undo(finding, view, workload))
}

/// It never ran: its command cannot work.
fn is_command(end: &Termination) -> bool {
    matches!(end.exit_code, 126..=128)
}

/// Of all crashing containers the one that crashed most often.
fn worst<'p>(view: &View, pods: &[&'p Pod]) -> Option<(&'p Pod, &'p Container, &'p ContainerStatus)> {
    let crashing = pods.iter().flat_map(|&pod| {
        pod_trouble::crash_looping(pod, view.now).map(move |(container, status)| (pod, container, status))
    });
    crashing.reduce(|worst, next| if next.2.restarts > worst.2.restarts { next } else { worst })
}

/// What shells, runtimes and kernels mean by an exit code.
pub(in crate::checks) fn meaning(exit_code: i32) -> Text {
    match exit_code {
        0 => "ended without an error, but should keep running".into(),
        1 => "the application reported an error".into(),
        2 => "wrong arguments, or a panic in a Go program".into(),
        126 => "the command is there but cannot be executed".into(),
        127 => "the command was not found in the image".into(),
        128 => "the container could not be started, often since its command is not in the image".into(),
        137 => "killed by SIGKILL: a failed liveness probe, or no exit within the grace period".into(),
        139 => "crashed by a segmentation fault".into(),
        143 => "ended by SIGTERM: it was asked to stop, often by a failed liveness probe".into(),
        129..=192 => format!("ended by signal {}", exit_code - 128).into(),
        _ => "a code of the application's own".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECK, meaning};
    use crate::testing::{fires, silent};

    #[test]
    fn a_service_it_talks_to_that_is_down_is_its_cause() {
        let cluster = CRASHING.replace(
            "image: quay.io/shop/web:1",
            "image: quay.io/shop/web:1, env: [{name: DB_HOST, value: db}, {name: OTHER_URL, value: 'http://up:80'}]",
        ) + "
        ---
        kind: Service
        metadata: {name: db, namespace: shop}
        spec: {selector: {app: db}, ports: [{port: 5432}]}
        ---
        kind: Service
        metadata: {name: up, namespace: shop}
        spec: {selector: {app: up}, ports: [{port: 80}]}
        ---
        kind: EndpointSlice
        metadata: {name: up-1, namespace: shop, labels: {kubernetes.io/service-name: up}}
        endpoints: [{conditions: {ready: true}}]
        ---
        kind: EndpointSlice
        metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}}
        endpoints: [{conditions: {ready: false}}]";
        let found = fires(&CHECK, &cluster, &[
            "warning StatefulSet shop/web: container app crashes again and again and exits with 1 (1 of 3 pods) (since 40m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["Service shop/db"]);
    }

    const CRASHING: &str = "
        kind: Pod
        metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, image: quay.io/shop/web:1}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @40m}]
          containerStatuses:
          - name: app
            restartCount: 11
            state: {waiting: {reason: CrashLoopBackOff}}
            lastState: {terminated: {reason: Error, exitCode: 1, finishedAt: @3m}}
        ---
        kind: StatefulSet
        metadata: {name: web, namespace: shop}
        spec: {replicas: 3}
        status: {readyReplicas: 2}";

    #[test]
    fn one_of_several_replicas_is_a_warning() {
        let found = fires(&CHECK, CRASHING, &[
            "warning StatefulSet shop/web: container app crashes again and again and exits with 1 (1 of 3 pods) (since 40m)",
        ]);
        assert_eq!(found[0].next[0].command, "kubectl logs -n shop web-1 -c app --previous --tail=50");
    }

    #[test]
    fn the_whole_workload_or_the_platform_is_critical() {
        fires(&CHECK, &CRASHING.replace("readyReplicas: 2", "readyReplicas: 0"), &[
            "critical StatefulSet shop/web: container app crashes again and again and exits with 1 (1 of 3 pods) (since 40m)",
        ]);
        let platform = CRASHING.replace("namespace: shop", "namespace: openshift-dns");
        let line = "StatefulSet openshift-dns/web: container app crashes again and again and exits with 1 (1 of 3 pods) (since 40m)";
        fires(&CHECK, &platform, &[&format!("critical {line}")]);
        let updating = format!(
            "{platform}
        ---
        kind: ClusterVersion
        metadata: {{name: version}}
        status: {{conditions: [{{type: Progressing, status: 'True'}}]}}"
        );
        fires(&CHECK, &updating, &[&format!("warning {line}")]);
    }

    #[test]
    fn a_container_that_failed_once_more_counts_between_two_starts() {
        let failed = CRASHING.replace(
            "state: {waiting: {reason: CrashLoopBackOff}}",
            "state: {terminated: {reason: Error, exitCode: 2, finishedAt: @1m}}",
        );
        fires(&CHECK, &failed, &[
            "warning StatefulSet shop/web: container app crashes again and again and exits with 2 (1 of 3 pods) (since 40m)",
        ]);
    }

    #[test]
    fn a_command_that_cannot_work_is_said_in_the_title() {
        fires(&CHECK, &CRASHING.replace("exitCode: 1,", "exitCode: 127,"), &[
            "warning StatefulSet shop/web: container app crashes again and again: the command was not found in the image (1 of 3 pods) (since 40m)",
        ]);
    }

    #[test]
    fn old_crashes_other_trouble_and_dead_nodes_are_silent() {
        silent(&CHECK, &CRASHING.replace("@3m", "@2h"));
        silent(&CHECK, &CRASHING.replace("reason: Error", "reason: OOMKilled"));
        silent(&CHECK, &CRASHING.replace("CrashLoopBackOff", "ContainerCreating"));
        silent(&CHECK, &CRASHING.replace("{waiting: {reason: CrashLoopBackOff}}", "{running: {startedAt: @3m}}"));
        let dead = format!(
            "{CRASHING}
        ---
        kind: Node
        metadata: {{name: w1}}
        status: {{conditions: [{{type: Ready, status: Unknown}}]}}"
        );
        silent(&CHECK, &dead);
    }

    #[test]
    fn signals_are_named() {
        assert_eq!(meaning(134), "ended by signal 6");
        assert_eq!(meaning(77), "a code of the application's own");
        assert!(meaning(127).contains("not found"));
    }
}
