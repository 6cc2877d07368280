//! Containers that were killed because they wanted more memory than their limit or their node had.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::{Container, ContainerStatus, Pod, Termination};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::thresholds::MEMORY_DEATHS;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-oom-killed",
    title: "A workload's containers run out of memory",
    explain: "Looks for containers whose last run ended as OOMKilled within the last hour, also when they run again by \
              now: every kill drops the work in flight, and the next one follows as soon as memory has filled up again. \
              Either the limit is too low for the load, or the application leaks; when several workloads of one node \
              are hit, or there is no limit, the node itself ran out. Critical on the platform, when nothing of the \
              workload serves, and when three containers were killed or one for the third time. Older kills are history.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Node],
    reference: "https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/",
    run,
};

struct Death<'p> {
    pod: &'p Pod,
    container: &'p Container,
    status: &'p ContainerStatus,
    end: &'p Termination,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(
        view.troubled(PodTrouble::OutOfMemory).filter_map(|(workload, pods)| finding(view, workload, pods)),
    );
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let deaths: Vec<Death> = pods
        .iter()
        .flat_map(|&pod| {
            pod_trouble::out_of_memory(pod, view.now)
                .map(move |(container, status, end)| Death { pod, container, status, end })
        })
        .collect();
    let worst = deaths.iter().max_by_key(|death| (death.status.restarts, death.end.finished))?;
    let name = shown(&worst.container.name);
    let many = pod_trouble::how_many_of(view, workload, pods);
    let limit = worst.container.limits.memory;
    let limit_words = limit.map_or("the node's memory (it has no limit)".to_owned(), |limit| format!("its {limit} limit"));
    let now = if worst.status.waiting().is_some() { " and now waits to be restarted" } else { "" };
    let title = format!("container {name} was killed for exceeding {limit_words}{now}{many}");
    let (since, field) = onset(&deaths);
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title).since(since, field);
    let runs_to_completion = matches!(workload.known_kind(), Some(Kind::Job | Kind::CronJob));
    if is_repeated(&deaths) && !runs_to_completion {
        finding.severity = Severity::Critical;
    }
    let status_path = format!("status.containerStatuses[{name}]");
    finding = finding
        .fact(
            format!("spec.containers[{name}].resources.limits.memory"),
            limit.map_or("not set".to_owned(), |limit| limit.to_string()),
        )
        .fact(format!("{status_path}.restartCount"), worst.status.restarts)
        .fact(
            format!("{status_path}.lastState.terminated.finishedAt"),
            worst.end.finished.map_or("unknown".to_owned(), |at| at.to_string()),
        );
    if let (Some(started), Some(finished)) = (worst.end.started, worst.end.finished) {
        finding = finding.fact("time until memory was full", crate::time::short(finished.since(started)));
    }
    if !worst.pod.node.is_empty() {
        finding = finding.fact("spec.nodeName", shown(&worst.pod.node));
    }
    Some(
        finding
            .look(pod_trouble::logs(view, worst.pod, worst.container, true), "shows what it did before it was killed")
            .look(top(view, worst.pod), "shows how much memory its containers use now"),
    )
}

fn top(view: &View, pod: &Pod) -> String {
    let top = if view.is_openshift() { "oc adm top" } else { "kubectl top" };
    format!("{top} pods -n {} --containers", pod.meta.namespace)
}

/// While it does not serve, since it stopped; while it runs again, since the first kill that is still known.
fn onset(deaths: &[Death]) -> (Option<Time>, &'static str) {
    let unready = deaths.iter().filter(|death| !death.pod.ready).map(|death| death.pod);
    let unready = pod_trouble::first_unready(unready);
    let killed = deaths.iter().filter_map(|death| death.end.finished).min();
    match unready.0 {
        Some(since) if killed.is_none_or(|killed| since < killed) => unready,
        _ => (killed, "status.containerStatuses[*].lastState.terminated.finishedAt"),
    }
}

fn is_repeated(deaths: &[Death]) -> bool {
    let often = usize::try_from(deaths.iter().map(|death| death.status.restarts).max().unwrap_or(0)).unwrap_or(usize::MAX);
    let soon_again = deaths.iter().any(|death| match (death.end.started, death.end.finished) {
        (Some(started), Some(finished)) => finished.since(started) <= crate::thresholds::RESTART_PACE,
        _ => true,
    });
    deaths.len() >= MEMORY_DEATHS || (often >= MEMORY_DEATHS && soon_again)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const KILLED: &str = "
        kind: Pod
        metadata: {name: index-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: index, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, resources: {limits: {memory: 256Mi}}}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: 'True', lastTransitionTime: @18m}]
          containerStatuses:
          - name: app
            ready: true
            restartCount: 1
            state: {running: {startedAt: @19m}}
            lastState: {terminated: {reason: OOMKilled, exitCode: 137, startedAt: @30m, finishedAt: @20m}}
        ---
        kind: StatefulSet
        metadata: {name: index, namespace: shop}
        spec: {replicas: 2}
        status: {readyReplicas: 2}";

    #[test]
    fn a_kill_within_the_hour_is_a_warning_though_it_runs_again() {
        let found = fires(&CHECK, KILLED, &[
            "warning StatefulSet shop/index: container app was killed for exceeding its 256Mi limit (1 of 2 pods) (since 20m)",
        ]);
        assert!(found[0].facts.iter().any(|fact| fact.path == "time until memory was full"));
    }

    #[test]
    fn again_and_again_is_critical() {
        fires(&CHECK, &KILLED.replace("restartCount: 1", "restartCount: 7"), &[
            "critical StatefulSet shop/index: container app was killed for exceeding its 256Mi limit (1 of 2 pods) (since 20m)",
        ]);
        // Seven kills in a year are not seven in an hour.
        fires(&CHECK, &KILLED.replace("restartCount: 1", "restartCount: 7").replace("@30m", "@9d"), &[
            "warning StatefulSet shop/index: container app was killed for exceeding its 256Mi limit (1 of 2 pods) (since 20m)",
        ]);
    }

    #[test]
    fn a_crash_loop_after_it_is_the_same_story() {
        let waiting = KILLED
            .replace("{running: {startedAt: @19m}}", "{waiting: {reason: CrashLoopBackOff}}")
            .replace("status: 'True', lastTransitionTime: @18m", "status: 'False', lastTransitionTime: @45m")
            .replace(", resources: {limits: {memory: 256Mi}}", "");
        fires(&CHECK, &waiting, &["warning StatefulSet shop/index: container app was killed for exceeding the node's \
            memory (it has no limit) and now waits to be restarted (1 of 2 pods) (since 45m)"]);
    }

    #[test]
    fn old_kills_and_other_ends_are_silent() {
        silent(&CHECK, &KILLED.replace("@20m", "@2h").replace("@30m", "@3h"));
        silent(&CHECK, &KILLED.replace("OOMKilled", "Error"));
    }
}
