//! Pods that a node refused or threw out within the last hour.

use std::collections::BTreeMap;

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble};
use crate::thresholds::{MANY_EVICTIONS, RECENT_EVICTION};
use crate::time::Time;
use crate::view::View;

use super::scratch_space_exceeded::is_own_fault;

pub const CHECK: Check = Check {
    id: "pod-evicted",
    title: "A node evicted or refused pods",
    explain: "Looks for failed pods whose reason is Evicted, NodeLost, Preempting, NodeAffinity or \
              UnexpectedAdmissionError and that ended within the last hour, by node. A kubelet evicts pods when memory, \
              disk or process ids run short, starting with those that use more than they requested, and refuses pods \
              that no longer fit when it restarts. The pods are replaced elsewhere, so the finding is about the node. \
              Pods of Jobs, and those that went over a limit of their own, are not counted, and older ones are leftovers that wait \
              to be cleaned up. Critical from ten \
              pods an hour; refusals after a restart are expected during an update.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Node],
    reference: "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_node: BTreeMap<ObjectRef, Vec<&Pod>> = BTreeMap::new();
    for (workload, pods) in view.troubled(PodTrouble::Evicted) {
        if matches!(workload.known_kind(), Some(Kind::Job | Kind::CronJob)) {
            continue;
        }
        for &pod in pods {
            let excused = view.updating() && pod.reason != "Evicted" || is_own_fault(pod);
            if !excused && !pod.node.is_empty() && view.within(ended(pod), RECENT_EVICTION) {
                let node = ObjectRef::new(Kind::Node, &Default::default(), &pod.node);
                by_node.entry(node).or_default().push(pod);
            }
        }
    }
    out.extend(by_node.into_iter().map(|(node, pods)| finding(view, node, &pods)));
}

/// Evicted pods carry no time of their own; these come closest, best first.
pub(super) fn ended(pod: &Pod) -> Option<Time> {
    let unready = pod.failing_condition("Ready").and_then(|ready| ready.since);
    unready.max(pod.last_exit).or(pod.started).or(pod.meta.created)
}

fn finding(view: &View, node: ObjectRef, pods: &[&Pod]) -> Finding {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in pods {
        *reasons.entry(&pod.reason).or_default() += 1;
    }
    let thrown_out = reasons.contains_key("Evicted");
    let many = if pods.len() == 1 { "1 pod".to_owned() } else { format!("{} pods", pods.len()) };
    let what = if thrown_out { "evicted" } else { "refused or lost" };
    let severity = if pods.len() >= MANY_EVICTIONS { Severity::Critical } else { Severity::Warning };
    let counts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    let mut workloads: Vec<ObjectRef> = pods.iter().map(|pod| view.workload(pod)).collect();
    workloads.put_in_order();
    workloads.dedup();
    let names: Vec<String> = workloads.iter().take(5).map(ToString::to_string).collect();
    let name = pod_trouble::shown(&node.name).to_owned();
    let message = pods.first().and_then(|pod| pod.message());
    Finding::new(&CHECK, severity, node, format!("{what} {many} within the last hour"))
        .since(pods.iter().filter_map(|pod| ended(pod)).min(), "status.containerStatuses[*].state.terminated.finishedAt")
        .fact("status.reason", counts.join(", "))
        .fact("workloads", names.join(", "))
        .untrusted("status.message", message)
        .affects(workloads)
        .look(format!("{} describe node {name}", view.cli()), "shows its pressure, and what is requested and allocated")
        .look(
            format!("{} get events -A --field-selector=reason=Evicted", view.cli()),
            "shows which resource ran short",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const EVICTED: &str = "
        kind: Pod
        metadata: {name: cache-1, namespace: shop, creationTimestamp: @9d}
        spec: {nodeName: w1, containers: [{name: app}]}
        status:
          phase: Failed
          reason: Evicted
          message: 'The node was low on resource: memory.'
          startTime: @9d
          containerStatuses: [{name: app, state: {terminated: {exitCode: 137, finishedAt: @20m}}}]";

    #[test]
    fn a_recent_eviction_is_about_the_node() {
        fires(&CHECK, EVICTED, &["warning Node w1: evicted 1 pod within the last hour (since 20m)"]);
        let ten: Vec<String> = (0..10).map(|i| EVICTED.replace("cache-1", &format!("cache-{i}"))).collect();
        fires(&CHECK, &ten.join("\n        ---"), &["critical Node w1: evicted 10 pods within the last hour (since 20m)"]);
        fires(&CHECK, &EVICTED.replace("reason: Evicted", "reason: UnexpectedAdmissionError"), &[
            "warning Node w1: refused or lost 1 pod within the last hour (since 20m)",
        ]);
    }

    #[test]
    fn leftovers_jobs_and_plain_failures_are_silent() {
        silent(&CHECK, &EVICTED.replace("@20m", "@3h"));
        silent(&CHECK, &EVICTED.replace("reason: Evicted", "reason: DeadlineExceeded"));
        silent(&CHECK, &EVICTED.replace("@9d}", "@9d, ownerReferences: [{kind: Job, name: j, controller: true}]}"));
        let refused = format!(
            "{}
        ---
        kind: ClusterVersion
        metadata: {{name: version}}
        status: {{conditions: [{{type: Progressing, status: 'True'}}]}}",
            EVICTED.replace("reason: Evicted", "reason: NodeAffinity")
        );
        silent(&CHECK, &refused);
    }
}
