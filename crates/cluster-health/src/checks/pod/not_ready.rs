//! Pods whose containers run, but that do not call themselves ready.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::pod::{Container, Pod};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::probes;
use crate::thresholds::NOT_READY_HOLD;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-not-ready",
    title: "A workload's pods run without being ready",
    explain: "Looks for pods whose containers all run while the condition Ready has not been True for a quarter of an \
              hour: Services send them no traffic. The readiness or startup probe fails: it asks the wrong port, path or \
              scheme, the application is still loading or waits for a dependency that is down, or a readiness gate of a \
              load balancer is not met. Pods of Jobs serve nobody and are not counted, nor are pods with a container \
              that has ended or keeps restarting. Critical on the platform and when nothing of the workload serves.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Event, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Node],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubePodNotReady.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::NotReady) {
        if matches!(workload.known_kind(), Some(Kind::Job | Kind::CronJob)) {
            continue;
        }
        let held: Vec<&Pod> =
            pods.iter().copied().filter(|pod| view.held(pod_trouble::unready_since(pod).0, NOT_READY_HOLD)).collect();
        out.extend(finding(view, workload, &held));
    }
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let pod = *pods.first()?;
    let many = pod_trouble::how_many_of(view, workload, pods);
    let unready = pod.statuses().find(|(_, status)| !status.ready);
    let title = match unready {
        Some((container, status)) if status.started == Some(false) && container.startup.is_some() => {
            format!("container {} runs, but its startup probe does not pass{many}", shown(&container.name))
        }
        Some((container, _)) if cannot_pass(container) => {
            format!("container {} runs, but its readiness probe cannot pass{many}", shown(&container.name))
        }
        Some((container, _)) => format!("container {} runs, but is not ready{many}", shown(&container.name)),
        None => format!("all containers are ready, but a readiness gate is not met{many}"),
    };
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title).depends_on(view.policies_against(pods));
    if let Some((container, _)) = unready {
        finding = with_probes(finding, container);
    }
    if let Some(ready) = pod.failing_condition("Ready") {
        finding = finding.fact("status.conditions[Ready].reason", &ready.reason);
    }
    let event = view.pod_warning(pod, &["Unhealthy", "ProbeError"]);
    finding = finding
        .untrusted("events[reason=Unhealthy].message", event.and_then(|event| event.message.as_deref()))
        .depends_on(view.dead_needs(pod))
        .look(pod_trouble::describe(view, pod), "shows the probes' answers in its events");
    Some(match unready {
        Some((container, _)) => {
            finding.look(pod_trouble::logs(view, pod, container, false), "shows what the application waits for")
        }
        None => finding,
    })
}

fn cannot_pass(container: &Container) -> bool {
    container.readiness.as_ref().is_some_and(|probe| probes::unknown_port(container, probe).is_some())
}

fn with_probes(mut finding: Finding, container: &Container) -> Finding {
    let name = shown(&container.name);
    for (field, probe) in [("startupProbe", &container.startup), ("readinessProbe", &container.readiness)] {
        if let Some(probe) = probe {
            finding = finding.fact(format!("spec.containers[{name}].{field}"), probes::words(probe));
            if let Some(why) = probes::contradiction(container, probe) {
                finding = finding.fact(format!("spec.containers[{name}].ports"), why);
            }
        }
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const UNREADY: &str = "
        kind: Pod
        metadata: {name: api-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: api, controller: true}]}
        spec:
          nodeName: w1
          containers: [{name: app, ports: [{name: web, containerPort: 8080}], readinessProbe: {httpGet: {port: http, path: /ready}}}]
        status:
          phase: Running
          conditions: [{type: Ready, status: 'False', reason: ContainersNotReady, lastTransitionTime: @22m}]
          containerStatuses: [{name: app, ready: false, started: true, state: {running: {startedAt: @3h}}}]
        ---
        kind: StatefulSet
        metadata: {name: api, namespace: shop}
        spec: {replicas: 3}
        status: {readyReplicas: 2}";

    #[test]
    fn the_probe_is_evidence() {
        let found = fires(&CHECK, UNREADY, &[
            "warning StatefulSet shop/api: container app runs, but its readiness probe cannot pass (1 of 3 pods) (since 22m)",
        ]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("HTTP port http /ready, every 10s, 1s to answer, fails after 3"), "{facts}");
        assert!(facts.contains("none is named http"), "{facts}");
        fires(&CHECK, &UNREADY.replace("readyReplicas: 2", "readyReplicas: 0"), &[
            "critical StatefulSet shop/api: container app runs, but its readiness probe cannot pass (1 of 3 pods) (since 22m)",
        ]);
    }

    #[test]
    fn a_readiness_gate_is_told_apart() {
        fires(&CHECK, &UNREADY.replace("ready: false", "ready: true"), &[
            "warning StatefulSet shop/api: all containers are ready, but a readiness gate is not met (1 of 3 pods) (since 22m)",
        ]);
    }

    #[test]
    fn slow_starts_ended_containers_and_jobs_are_silent() {
        silent(&CHECK, &UNREADY.replace("@22m", "@12m"));
        silent(&CHECK, &UNREADY.replace("{running: {startedAt: @3h}}", "{terminated: {reason: Completed, exitCode: 0}}"));
        silent(&CHECK, &UNREADY.replace("kind: StatefulSet, name", "kind: Job, name"));
    }
}
