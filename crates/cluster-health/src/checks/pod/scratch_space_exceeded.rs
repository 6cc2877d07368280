//! Pods thrown out because they wrote more than they may, wherever they run.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble};
use crate::thresholds::RECENT_EVICTION;
use crate::view::View;

use super::evicted::ended;

pub const CHECK: Check = Check {
    id: "pod-scratch-space-exceeded",
    title: "Pods are evicted for using more scratch space than their limit",
    explain: "Looks for pods that a kubelet evicted within the last hour because the pod, a container or an emptyDir volume \
              went over its own limit of ephemeral storage, by workload. Nothing is wrong with the node: the successor \
              will write as much and be thrown out as well. The usual causes are logs and temporary files that nobody \
              removes, and a limit that is too small. Evictions because the node ran short are the node's and not reported \
              here.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#local-ephemeral-storage",
    run,
};

/// What the kubelet writes when a limit of the pod's own is the reason.
const OWN_LIMIT: [&str; 3] = ["Pod ephemeral local storage usage exceeds", "exceeded its local ephemeral storage limit", "Usage of EmptyDir volume"];

/// It was thrown out for what it did itself.
pub fn is_own_fault(pod: &Pod) -> bool {
    pod.reason == "Evicted" && pod.message().is_some_and(|message| OWN_LIMIT.iter().any(|words| message.contains(words)))
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut workloads: BTreeMap<&ObjectRef, Vec<&Pod>> = BTreeMap::new();
    for (workload, pods) in view.troubled(PodTrouble::Evicted) {
        let recent = pods.iter().filter(|pod| is_own_fault(pod) && view.within(ended(pod), RECENT_EVICTION));
        workloads.entry(workload).or_default().extend(recent);
    }
    workloads.retain(|_, pods| !pods.is_empty());
    out.extend(workloads.into_iter().map(|(workload, pods)| finding(view, workload, &pods)));
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Finding {
    let many = if pods.len() == 1 { "1 pod was".to_owned() } else { format!("{} pods were", pods.len()) };
    let title = format!("{many} evicted within the last hour for using more scratch space than allowed");
    let name = pod_trouble::shown(&workload.name);
    let command = format!("{} get {} {name} -n {} -o yaml", view.cli(), workload.kind.to_ascii_lowercase(), workload.namespace);
    Finding::new(&CHECK, Severity::Warning, workload.clone(), title)
        .since(pods.iter().filter_map(|pod| ended(pod)).min(), "status.containerStatuses[*].state.terminated.finishedAt")
        .fact("status.reason", format!("Evicted {}", pods.len()))
        .untrusted("status.message", pods.first().and_then(|pod| pod.message()))
        .affects(pods.iter().map(|pod| pod.reference()))
        .look(command, "shows its limits of ephemeral-storage and the sizeLimit of its emptyDir volumes")
        .look(format!("{} get events -n {} --field-selector=reason=Evicted", view.cli(), workload.namespace), "shows which container or volume went over its limit")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const EVICTED: &str = "
        kind: Pod
        metadata: {name: cache-1, namespace: shop, creationTimestamp: @9d, ownerReferences: [{kind: StatefulSet, name: cache, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app}]}
        status:
          phase: Failed
          reason: Evicted
          message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. '
          containerStatuses: [{name: app, state: {terminated: {exitCode: 137, finishedAt: @20m}}}]";

    #[test]
    fn a_limit_of_its_own_is_about_the_workload() {
        let line = "warning StatefulSet shop/cache: 1 pod was evicted within the last hour for using more scratch space than allowed (since 20m)";
        fires(&CHECK, EVICTED, &[line]);
        let volume = EVICTED.replace("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ", "Usage of EmptyDir volume \"tmp\" exceeds the limit \"1Gi\". ");
        fires(&CHECK, &volume, &[line]);
        silent(&crate::checks::pod::evicted::CHECK, EVICTED);
    }

    #[test]
    fn what_the_node_ran_short_of_and_leftovers_are_silent() {
        silent(&CHECK, &EVICTED.replace("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ", "The node was low on resource: ephemeral-storage."));
        silent(&CHECK, &EVICTED.replace("@20m", "@3h"));
    }
}
