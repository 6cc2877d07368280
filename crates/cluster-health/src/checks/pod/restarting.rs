//! Containers that run, but not for long.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::{Container, ContainerStatus, Pod, Termination};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::time;
use crate::view::{Availability, View};

use super::crash_loop::meaning;

pub const CHECK: Check = Check {
    id: "pod-restarting",
    title: "A workload's containers restart several times an hour",
    explain: "Looks for containers that run right now, have been restarted at least three times, ended within the last \
              hour, and whose last and present runs are shorter than twenty minutes: at that pace they restart three \
              times an hour. Requests are cut off each time, and a crash loop is the next step. Usual causes are a \
              liveness probe that is too strict, a lost dependency or leader election, or an error after some work. A \
              count of restarts alone is history and says nothing: containers that have run for longer are left alone.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Event, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Node],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(
        view.troubled(PodTrouble::Restarting).filter_map(|(workload, pods)| finding(view, workload, pods)),
    );
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let (pod, container, status, end) = worst(view, pods)?;
    let name = shown(&container.name);
    let many = pod_trouble::how_many_of(view, workload, pods);
    let run = time::short(end.finished?.since(end.started?));
    let title = format!("container {name} restarts again and again, its last run took {run}{many}");
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title).depends_on(view.policies_against(pods))
        .since(end.finished, "status.containerStatuses[*].lastState.terminated.finishedAt");
    // It runs: only a workload of which nothing serves is an outage.
    if !view.availability(workload).is_some_and(Availability::is_down) {
        finding.severity = Severity::Warning;
    }
    let path = format!("status.containerStatuses[{name}]");
    let liveness = view.pod_warning(pod, &["Unhealthy"]);
    Some(
        finding
            .fact(
                format!("{path}.lastState.terminated.exitCode"),
                format!("{} ({})", end.exit_code, meaning(end.exit_code)),
            )
            .fact(format!("{path}.restartCount"), status.restarts)
            .fact(format!("spec.containers[{name}].livenessProbe"), if container.liveness.is_some() { "set" } else { "not set" })
            .untrusted("events[reason=Unhealthy].message", liveness.and_then(|event| event.message.as_deref()))
            .depends_on(view.dead_needs(pod))
            .look(pod_trouble::logs(view, pod, container, true), "shows the last lines of the run that ended")
            .look(pod_trouble::describe(view, pod), "shows whether a probe had it killed"),
    )
}

type Restart<'p> = (&'p Pod, &'p Container, &'p ContainerStatus, &'p Termination);

fn worst<'p>(view: &View, pods: &[&'p Pod]) -> Option<Restart<'p>> {
    let restarts = pods.iter().flat_map(|&pod| {
        pod_trouble::restarting(pod, view.now).map(move |(container, status, end)| (pod, container, status, end))
    });
    restarts.reduce(|worst, next| if next.2.restarts > worst.2.restarts { next } else { worst })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const RESTARTED: &str = "
        kind: Pod
        metadata: {name: api-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: api, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, livenessProbe: {exec: {command: [x]}}}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: 'True'}]
          containerStatuses:
          - name: app
            ready: true
            restartCount: 6
            state: {running: {startedAt: @4m}}
            lastState: {terminated: {reason: Error, exitCode: 1, startedAt: @12m, finishedAt: @5m}}";

    #[test]
    fn short_runs_are_a_warning_even_on_the_platform() {
        fires(&CHECK, RESTARTED, &[
            "warning StatefulSet shop/api: container app restarts again and again, its last run took 7m (since 5m)",
        ]);
        fires(&CHECK, &RESTARTED.replace("namespace: shop", "namespace: openshift-dns"), &[
            "warning StatefulSet openshift-dns/api: container app restarts again and again, its last run took 7m (since 5m)",
        ]);
    }

    #[test]
    fn history_is_silent() {
        // One restart after nine days, a recovery, too few, and another check's story.
        silent(&CHECK, &RESTARTED.replace("@12m", "@9d"));
        silent(&CHECK, &RESTARTED.replace("@12m", "@52m").replace("@5m", "@45m").replace("@4m", "@44m"));
        silent(&CHECK, &RESTARTED.replace("restartCount: 6", "restartCount: 2"));
        silent(&CHECK, &RESTARTED.replace("reason: Error", "reason: OOMKilled"));
    }
}
