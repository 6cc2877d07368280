//! Deployments whose roll-out does not get on.

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::condition::Status;
use crate::model::deployment::Deployment;
use crate::model::{Kind, Resource};
use crate::pod_trouble;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-rollout-stuck",
    title: "A Deployment's roll-out is past its deadline",
    explain: "Looks for Deployments whose condition Progressing is False with reason ProgressDeadlineExceeded: for the \
              time the Deployment allows, ten minutes unless it says otherwise, no new pod has become available. The old \
              pods usually go on serving, so this is a change that did not take effect rather than an outage, until one \
              of them is lost. The newest pods tell why they do not start. Kubernetes does not go back by itself. \
              Critical when nothing is available, and on the platform outside of an update.",
    layer: Layer::Workload,
    needs: &[Kind::Deployment],
    uses: &[Kind::ReplicaSet, Kind::Pod],
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment",
    run,
};

pub(super) fn is_stuck(deployment: &Deployment) -> bool {
    let progressing = deployment.conditions.having("Progressing", Status::False);
    deployment.desired > 0
        && !deployment.paused
        && progressing.is_some_and(|condition| condition.reason == "ProgressDeadlineExceeded")
}

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(
        view.cluster.deployments.iter().filter(|deployment| is_stuck(deployment)).map(|d| finding(view, d)),
    );
}

fn finding(view: &View, deployment: &Deployment) -> Finding {
    let object = deployment.reference();
    let Deployment { desired, available, updated, .. } = deployment;
    // How long nothing moved is part of the deadline, so the condition's own time is late; good enough to order by.
    let since = deployment.conditions.get("Progressing").and_then(|condition| condition.since);
    let title = format!("its roll-out is stuck: {updated} of {desired} replicas are new, {available} available");
    let (namespace, name) = (&deployment.meta.namespace, &deployment.meta.name);
    let mut finding = Finding::new(&CHECK, pod_trouble::severity(view, &object), object.clone(), title)
        .since(since, "status.conditions[Progressing].lastTransitionTime")
        .fact("status.conditions[Progressing].reason", "ProgressDeadlineExceeded")
        .depends_on(view.admission_needs(&deployment.template, &deployment.meta.namespace));
    let mut revisions: Vec<_> = pod_trouble::revisions(view, &object).filter(|set| set.desired > 0).collect();
    revisions.put_in_order_by_key(|set| std::cmp::Reverse(set.revision));
    for (set, which) in revisions.iter().take(2).zip(["new", "old"]) {
        finding = finding.fact(
            format!("{which} ReplicaSet {}", set.meta.name),
            format!("revision {}, {} of {} available", set.revision, set.available, set.desired),
        );
    }
    let waiting = view.unserving_of(&object).filter(|pod| pod.meta.deletion.is_none());
    finding = finding.affects(waiting.map(|pod| pod.reference())).look(
        format!("{} describe deployment -n {namespace} {name}", view.cli()),
        "shows its conditions, its ReplicaSets and their events",
    );
    let finding = finding.look(
        format!("{} rollout history -n {namespace} deployment/{name}", view.cli()),
        "lists the revisions one could go back to",
    );
    if pod_trouble::newest_revision(view, &object).is_none_or(|newest| newest.revision <= 1) {
        return finding;
    }
    finding.change(
        format!("{} rollout undo -n {namespace} deployment/{name}", view.cli()),
        "goes back to the revision before",
        "replaces running pods, and whatever applies the manifests (GitOps, an operator) may put the new revision back",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STUCK: &str = "
        kind: Deployment
        metadata: {name: api, namespace: shop}
        spec: {replicas: 4}
        status:
          replicas: 5
          updatedReplicas: 2
          availableReplicas: 3
          conditions:
          - {type: Available, status: 'True'}
          - {type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, lastTransitionTime: @15m}
        ---
        kind: ReplicaSet
        metadata: {name: api-2, namespace: shop, annotations: {deployment.kubernetes.io/revision: '10'}, ownerReferences: [{kind: Deployment, name: api, controller: true}]}
        spec: {replicas: 2}
        ---
        kind: ReplicaSet
        metadata: {name: api-1, namespace: shop, annotations: {deployment.kubernetes.io/revision: '9'}, ownerReferences: [{kind: Deployment, name: api, controller: true}]}
        spec: {replicas: 3}
        status: {availableReplicas: 3}";

    #[test]
    fn both_revisions_are_evidence() {
        let found = fires(&CHECK, STUCK, &[
            "warning Deployment shop/api: its roll-out is stuck: 2 of 4 replicas are new, 3 available (since 15m)",
        ]);
        assert!(found[0].facts[1].path.contains("api-2") && found[0].facts[2].path.contains("api-1"));
        fires(&CHECK, &STUCK.replace("availableReplicas: 3\n", "availableReplicas: 0\n"), &[
            "critical Deployment shop/api: its roll-out is stuck: 2 of 4 replicas are new, 0 available (since 15m)",
        ]);
    }

    #[test]
    fn one_that_moves_or_waits_on_purpose_is_silent() {
        silent(&CHECK, &STUCK.replace("'False', reason: ProgressDeadlineExceeded", "'True', reason: ReplicaSetUpdated"));
        silent(&CHECK, &STUCK.replace("replicas: 4}", "replicas: 4, paused: true}"));
    }
}
