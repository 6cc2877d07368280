//! Containers that their liveness or startup probe kills again and again.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::pod::{Pod, Termination};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::probes;
use crate::time;
use crate::view::{Availability, View};

pub const CHECK: Check = Check {
    id: "pod-probe-killed",
    title: "A workload's containers are killed by their probe again and again",
    explain: "Looks for containers with a liveness or startup probe that keep restarting after SIGTERM or SIGKILL (exit 143 or \
              137, and not for want of memory), or whose kubelet says so in an event Killing. The application itself may be \
              well: the probe asks the wrong port or path, speaks HTTP to a port that wants TLS, gives up before a slow start \
              is over, or waits for a dependency that is down. How long the container ran, against how long the probe waits, \
              tells a probe that never passes from one that fails now and then. Critical on the platform and when nothing of \
              the workload serves.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Event, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Service],
    reference: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(view.troubled(PodTrouble::ProbeKilled).filter_map(|(workload, pods)| finding(view, workload, pods)));
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let killed = pods.iter().flat_map(|&pod| pod_trouble::probed(pod, view.now).map(move |it| (pod, it)));
    let (pod, (container, status, end)) = killed.max_by_key(|(_, (_, status, _))| status.restarts)?;
    let name = shown(&container.name);
    let (which, probe) = match (&container.startup, &container.liveness) {
        (Some(probe), _) if status.started == Some(false) => ("startup", probe),
        (_, Some(probe)) => ("liveness", probe),
        (Some(probe), None) => ("startup", probe),
        (None, None) => return None,
    };
    let many = pod_trouble::how_many_of(view, workload, pods);
    let title = format!("container {name} is killed by its {which} probe again and again{many}");
    let path = format!("status.containerStatuses[{name}]");
    let runs = pods.iter().all(|pod| pod.ready) && !view.availability(workload).is_some_and(Availability::is_down);
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title)
        .confidence(if is_said(view, pod) { Confidence::Confirmed } else { Confidence::Likely })
        .fact(format!("spec.containers[{name}].{which}Probe"), probes::words(probe));
    // It runs: only a workload of which nothing serves is an outage.
    if runs {
        finding.severity = Severity::Warning;
    }
    if let Some(why) = probes::contradiction(container, probe) {
        finding = finding.fact(format!("spec.containers[{name}].ports"), why);
    }
    finding = finding
        .fact(format!("{path}.lastState.terminated.exitCode"), end.exit_code)
        .fact(format!("{path}.restartCount"), status.restarts);
    if let Some(ran) = ran(end) {
        let patience = std::time::Duration::from_secs(probes::patience(probe));
        finding = finding.fact(
            "it ran, and the probe waits at least",
            format!("{}, {}", time::short(ran), time::short(patience)),
        );
    }
    let event = view.pod_warning(pod, &["Unhealthy", "ProbeError"]);
    let finding = finding
        .untrusted("events[reason=Unhealthy].message", event.and_then(|event| event.message.as_deref()))
        .depends_on(view.dead_needs(pod))
        .look(pod_trouble::describe(view, pod), "shows the probe's answers in its events")
        .look(pod_trouble::logs(view, pod, container, true), "shows whether the application was still starting");
    Some(pod_trouble::offer_undo(finding, view, workload))
}

fn is_said(view: &View, pod: &Pod) -> bool {
    view.events_about(&pod.reference()).iter().any(|event| event.reason == "Killing")
}

fn ran(end: &Termination) -> Option<std::time::Duration> {
    Some(end.finished?.since(end.started?))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const KILLED: &str = "
        kind: Pod
        metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
        spec:
          nodeName: w1
          containers:
          - name: app
            ports: [{name: https, containerPort: 8443}]
            livenessProbe: {httpGet: {path: /healthz, port: https}, periodSeconds: 10, failureThreshold: 3}
        status:
          phase: Running
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @40m}]
          containerStatuses:
          - name: app
            restartCount: 9
            state: {waiting: {reason: CrashLoopBackOff}}
            lastState: {terminated: {reason: Error, exitCode: 137, startedAt: @4m, finishedAt: @3m}}
        ---
        kind: StatefulSet
        metadata: {name: web, namespace: shop}
        spec: {replicas: 3}
        status: {readyReplicas: 2}";

    const LINE: &str = "warning StatefulSet shop/web: container app is killed by its liveness probe again and again (1 of 3 pods) (since 40m)";

    #[test]
    fn a_probe_that_cannot_pass_is_taken_apart() {
        let found = fires(&CHECK, KILLED, &[LINE]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("the probe speaks HTTP") && facts.contains("60s, 20s") | facts.contains("1m, 20s"), "{facts}");
    }

    #[test]
    fn an_application_that_ends_in_order_needs_the_kubelets_word() {
        let polite = KILLED.replace("exitCode: 137", "exitCode: 0");
        silent(&CHECK, &polite);
        let event = "
        ---
        kind: Event
        metadata: {name: web-1.1, namespace: shop}
        involvedObject: {kind: Pod, namespace: shop, name: web-1}
        type: Normal
        reason: Killing
        lastTimestamp: @3m";
        fires(&CHECK, &(polite + event), &[LINE]);
    }

    #[test]
    fn memory_crashes_and_containers_without_a_probe_are_silent() {
        silent(&CHECK, &KILLED.replace("reason: Error", "reason: OOMKilled"));
        silent(&CHECK, &KILLED.replace("exitCode: 137", "exitCode: 1"));
        silent(&CHECK, &KILLED.replace("livenessProbe", "readinessProbe"));
    }
}
