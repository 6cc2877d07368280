//! Deployments with fewer available replicas than wanted.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::condition::Status;
use crate::model::deployment::Deployment;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble;
use crate::thresholds::NOT_READY_HOLD;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-deployment-short",
    title: "A Deployment lacks available replicas",
    explain: "Compares spec.replicas with status.availableReplicas of each Deployment, a quarter of an hour after the \
              condition Available turned False or the first of its missing pods stopped serving. The reason is nearly \
              always one finding up: its pods crash, wait for an image, a volume or a node, or are refused by a quota. \
              Deployments that are paused or scaled to zero are left alone, and a roll-out past its deadline is reported \
              as such. Critical when nothing is available, and on the platform outside of an update.",
    layer: Layer::Workload,
    needs: &[Kind::Deployment],
    uses: &[Kind::Pod, Kind::ReplicaSet, Kind::Node],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeDeploymentReplicasMismatch.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for deployment in view.cluster.deployments.iter() {
        let short = deployment.available < deployment.desired && !deployment.paused;
        if short && !super::rollout_stuck::is_stuck(deployment) {
            out.extend(finding(view, deployment));
        }
    }
}

fn finding(view: &View, deployment: &Deployment) -> Option<Finding> {
    let object = deployment.reference();
    let (since, field) = onset(view, deployment, &object)?;
    if !view.held(since, NOT_READY_HOLD) {
        return None;
    }
    let Deployment { desired, available, replicas, .. } = deployment;
    let title = if *available == 0 {
        format!("none of {desired} replicas is available")
    } else {
        format!("only {available} of {desired} replicas are available")
    };
    let (namespace, name) = (&deployment.meta.namespace, &deployment.meta.name);
    let mut finding = Finding::new(&CHECK, pod_trouble::severity(view, &object), object.clone(), title)
        .since(since, field)
        .fact("status.availableReplicas", format!("{available} of {desired}"))
        .fact("status.replicas", replicas)
        .depends_on(view.admission_needs(&deployment.template, &deployment.meta.namespace));
    if let Some(condition) = deployment.conditions.having("Available", Status::False) {
        finding = finding.fact("status.conditions[Available].reason", &condition.reason);
    }
    if deployment.unobserved {
        finding = finding.fact("status.observedGeneration", "older than the spec: the controller has not acted on it yet");
    }
    let unsettled = view.unserving_of(&object).filter(|pod| pod.meta.deletion.is_none());
    Some(
        finding
            .affects(unsettled.map(|pod| pod.reference()))
            .look(
                format!("{} describe deployment -n {namespace} {name}", view.cli()),
                "shows its conditions, the ReplicaSets and their events",
            )
            .look(
                format!("{} get pods -n {namespace} -o wide", view.cli()),
                "shows the state of its pods",
            ),
    )
}

/// While the Deployment still calls itself available, since its first missing pod stopped serving. Nothing when all
/// pods are there and well: they only have to stay so for `minReadySeconds`.
fn onset(view: &View, deployment: &Deployment, object: &ObjectRef) -> Option<(Option<Time>, &'static str)> {
    if let Some(available) = deployment.conditions.having("Available", Status::False) {
        let since = available.since.or(deployment.meta.created);
        return Some((since, "status.conditions[Available].lastTransitionTime"));
    }
    let waiting = view.unserving_of(object).filter(|pod| pod.meta.deletion.is_none());
    let (since, field) = pod_trouble::first_unready(waiting);
    if since.is_some() {
        return Some((since, field));
    }
    if let Some(refused) = deployment.conditions.having("ReplicaFailure", Status::True) {
        return Some((refused.since, "status.conditions[ReplicaFailure].lastTransitionTime"));
    }
    let is_missing = deployment.replicas < deployment.desired || !view.seen_in(Kind::Pod, &deployment.meta.namespace);
    let progressing = deployment.conditions.get("Progressing").and_then(|condition| condition.since);
    is_missing
        .then(|| (progressing.or(deployment.meta.created), "status.conditions[Progressing].lastTransitionTime"))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SHORT: &str = "
        kind: Deployment
        metadata: {name: web, namespace: shop, creationTimestamp: @9d}
        spec: {replicas: 3}
        status:
          replicas: 3
          availableReplicas: 0
          conditions:
          - {type: Available, status: 'False', reason: MinimumReplicasUnavailable, lastTransitionTime: @20m}
          - {type: Progressing, status: 'True', reason: NewReplicaSetAvailable, lastTransitionTime: @9d}
        ---
        kind: Pod
        metadata:
          name: web-6d5-1
          namespace: shop
          labels: {pod-template-hash: 6d5}
          ownerReferences: [{kind: ReplicaSet, name: web-6d5, controller: true}]
        status: {phase: Running, conditions: [{type: Ready, status: 'False', lastTransitionTime: @18m}]}";

    #[test]
    fn nothing_available_is_critical() {
        let found =
            fires(&CHECK, SHORT, &["critical Deployment shop/web: none of 3 replicas is available (since 20m)"]);
        assert_eq!(found[0].affected_count, 1);
    }

    #[test]
    fn a_part_is_a_warning_since_the_first_pod() {
        let part = SHORT.replace("availableReplicas: 0", "availableReplicas: 2").replace("Available, status: 'False'", "Available, status: 'True'");
        fires(&CHECK, &part, &["warning Deployment shop/web: only 2 of 3 replicas are available (since 18m)"]);
        let platform = part.replace("namespace: shop", "namespace: openshift-console");
        fires(&CHECK, &platform, &[
            "critical Deployment openshift-console/web: only 2 of 3 replicas are available (since 18m)",
        ]);
        silent(&CHECK, &part.replace("@18m", "@3m"));
        // An eviction of last week is not since when it is short.
        let evicted = "
        ---
        kind: Pod
        metadata:
          name: web-6d5-0
          namespace: shop
          labels: {pod-template-hash: 6d5}
          ownerReferences: [{kind: ReplicaSet, name: web-6d5, controller: true}]
          creationTimestamp: @8d
        status: {phase: Failed, reason: Evicted}";
        silent(&CHECK, &format!("{}{evicted}", part.replace("@18m", "@3m")));
        // Ready for a moment, and soon available.
        silent(&CHECK, &part.replace("Ready, status: 'False'", "Ready, status: 'True'"));
    }

    #[test]
    fn on_purpose_or_just_now_is_silent() {
        silent(&CHECK, &SHORT.replace("replicas: 3}", "replicas: 3, paused: true}"));
        silent(&CHECK, &SHORT.replace("replicas: 3}", "replicas: 0}"));
        silent(&CHECK, &SHORT.replace("@20m", "@10m"));
        silent(&CHECK, &SHORT.replace("availableReplicas: 0", "availableReplicas: 3"));
    }
}
