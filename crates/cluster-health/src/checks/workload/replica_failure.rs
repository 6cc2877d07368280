//! Workloads whose pods the API refuses to create.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::condition::{Condition, Conditions, Status};
use crate::model::pod::Template;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble;
use crate::thresholds::ADMISSION_HOLD;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-replica-failure",
    title: "A workload's pods are refused by the API",
    explain: "Looks for Deployments, and ReplicaSets without one, whose condition ReplicaFailure has been True for five \
              minutes: the controller asks for pods and the API server refuses them. Usual causes are a resource quota \
              that is used up, a security context constraint or pod security level the pod does not meet, a missing \
              service account, a limit range, or an admission webhook that denies or does not answer. There is no pod to \
              look at, so only this condition and the events tell. Critical on the platform and when nothing serves.",
    // The refusal comes before the pod, so it explains whatever is missing further down.
    layer: Layer::Admission,
    needs: &[Kind::Deployment],
    uses: &[Kind::ReplicaSet, Kind::ResourceQuota],
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for deployment in view.cluster.deployments.iter() {
        if let Some(refused) = refusal(view, &deployment.conditions) {
            let lacking = deployment.desired.saturating_sub(deployment.replicas);
            out.push(finding(view, &deployment.reference(), &deployment.template, refused, lacking));
        }
    }
    for set in view.cluster.replica_sets.iter().filter(|set| set.meta.owner.is_none()) {
        if let Some(refused) = refusal(view, &set.conditions) {
            out.push(finding(view, &set.reference(), &set.template, refused, set.desired.saturating_sub(set.replicas)));
        }
    }
}

fn refusal<'a>(view: &View, conditions: &'a Conditions) -> Option<&'a Condition> {
    conditions.having("ReplicaFailure", Status::True).filter(|refused| view.held(refused.since, ADMISSION_HOLD))
}

fn finding(view: &View, object: &ObjectRef, template: &Template, refused: &Condition, lacking: u32) -> Finding {
    let title = match lacking {
        0 => "the API refuses to create its pods".to_owned(),
        1 => "the API refuses to create 1 pod it lacks".to_owned(),
        _ => format!("the API refuses to create {lacking} pods it lacks"),
    };
    let message = refused.message.as_deref();
    let finding = Finding::new(&CHECK, pod_trouble::severity(view, object), object.clone(), title)
        .since(refused.since, "status.conditions[ReplicaFailure].lastTransitionTime")
        .depends_on(view.admission_needs(template, &object.namespace))
        .depends_on(view.webhooks_refusing_pods());
    let kind = if object.known_kind() == Some(Kind::ReplicaSet) { "replicaset" } else { "deployment" };
    let finding = finding.look(
        format!("{} describe {kind} -n {} {}", view.cli(), object.namespace, object.name),
        "shows the refusal in full and what the pods ask for",
    );
    view.explain_refusal(finding, object, message)
        .fact("status.conditions[ReplicaFailure].reason", &refused.reason)
        .untrusted("status.conditions[ReplicaFailure].message", message)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const REFUSED: &str = "
        kind: Deployment
        metadata: {name: indexer, namespace: shop}
        spec: {replicas: 6}
        status:
          replicas: 4
          availableReplicas: 4
          conditions:
          - {type: ReplicaFailure, status: 'True', reason: FailedCreate, lastTransitionTime: @50m,
             message: 'pods \"indexer-1\" is forbidden: exceeded quota: team, requested: requests.cpu=1'}
        ---
        kind: ResourceQuota
        metadata: {name: team, namespace: shop}
        status: {hard: {requests.cpu: '4'}, used: {requests.cpu: '4'}}
        ---
        kind: ResourceQuota
        metadata: {name: other, namespace: shop}
        status: {hard: {pods: '40'}, used: {pods: '4'}}";

    #[test]
    fn a_quota_that_is_used_up_is_the_cause() {
        let found = fires(&CHECK, REFUSED, &[
            "warning Deployment shop/indexer: the API refuses to create 2 pods it lacks (since 50m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["ResourceQuota shop/team"]);
        let found = fires(&CHECK, &REFUSED.replace("exceeded quota: team", "violates PodSecurity \"restricted\""), &[
            "warning Deployment shop/indexer: the API refuses to create 2 pods it lacks (since 50m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Namespace shop");
    }

    #[test]
    fn a_bare_replica_set_counts_and_nothing_serving_is_critical() {
        let bare = REFUSED.replace("kind: Deployment", "kind: ReplicaSet").replace("Replicas: 4", "Replicas: 0").replace("replicas: 4", "replicas: 0");
        fires(&CHECK, &bare, &["critical ReplicaSet shop/indexer: the API refuses to create 6 pods it lacks (since 50m)"]);
        silent(&CHECK, &bare.replace("namespace: shop}\n        spec: {rep", "namespace: shop, ownerReferences: [{kind: Deployment, name: x, controller: true}]}\n        spec: {rep"));
    }

    #[test]
    fn a_short_refusal_is_silent() {
        silent(&CHECK, &REFUSED.replace("@50m", "@3m"));
        silent(&CHECK, &REFUSED.replace("status: 'True'", "status: 'False'"));
    }
}
