//! StatefulSets, DaemonSets and Jobs whose pods the API refuses to create.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::Kind;
use crate::pod_trouble;
use crate::refusals::Refusal;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "admission-pods-refused",
    title: "Pods of a StatefulSet, DaemonSet or Job are refused",
    explain: "Looks for StatefulSets, DaemonSets and Jobs that want more pods than they have, and of which a failed \
              creation was reported within the last hour and first at least five minutes ago. These kinds have no \
              condition for it, so the event of their controller is all there is to see. Usual causes are a quota that \
              is used up, a limit range, a security context constraint or pod security level the pod does not meet, a \
              missing service account, or an admission webhook that denies or does not answer. Deployments and \
              ReplicaSets say it themselves and have a check of their own. Critical when nothing of the workload \
              serves, and on the platform.",
    layer: Layer::Admission,
    needs: &[Kind::Event, Kind::StatefulSet],
    uses: &[Kind::DaemonSet, Kind::Job, Kind::ResourceQuota, Kind::LimitRange, Kind::Namespace],
    reference: "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for refusal in view.refusals().values().flatten() {
        let kind = match refusal.workload.known_kind() {
            Some(Kind::StatefulSet) => "statefulset",
            Some(Kind::DaemonSet) => "daemonset",
            Some(Kind::Job) => "job",
            _ => continue,
        };
        out.push(finding(view, refusal, kind));
    }
}

fn finding(view: &View, refusal: &Refusal, kind: &str) -> Finding {
    let workload = &refusal.workload;
    let title = match view.availability(workload) {
        Some(availability) if availability.desired > 1 => {
            format!("the API refuses to create pods it lacks ({} of {} are ready)", availability.available, availability.desired)
        }
        _ => "the API refuses to create its pod".to_owned(),
    };
    let severity = pod_trouble::severity(view, workload);
    let finding = Finding::new(&CHECK, severity, workload.clone(), title)
        .since(refusal.since, "firstTimestamp of event FailedCreate")
        .look(
            format!("{} describe {kind} {} -n {}", view.cli(), workload.name, workload.namespace),
            "shows the refusal in full and what the pods ask for",
        );
    view.explain_refusal(finding, workload, refusal.message).untrusted("event FailedCreate", refusal.message)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(replicas: u32, message: &str) -> String {
        format!(
            "
        kind: StatefulSet
        metadata: {{name: db, namespace: shop}}
        spec: {{replicas: 3}}
        status: {{replicas: {replicas}, readyReplicas: {replicas}}}
        ---
        kind: LimitRange
        metadata: {{name: bounds, namespace: shop}}
        ---
        kind: Event
        metadata: {{name: e, namespace: shop}}
        involvedObject: {{kind: StatefulSet, namespace: shop, name: db}}
        type: Warning
        reason: FailedCreate
        message: '{message}'
        firstTimestamp: @30m
        lastTimestamp: @1m"
        )
    }

    #[test]
    fn the_rule_that_refuses_is_its_cause() {
        let found = fires(&CHECK, &scene(2, "maximum memory usage per Container is 1Gi, but limit is 2Gi"), &[
            "warning StatefulSet shop/db: the API refuses to create pods it lacks (2 of 3 are ready) (since 30m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "LimitRange shop/bounds");
        let found = fires(&CHECK, &scene(0, "violates PodSecurity \"restricted:latest\""), &[
            "critical StatefulSet shop/db: the API refuses to create pods it lacks (0 of 3 are ready) (since 30m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Namespace shop");
    }

    #[test]
    fn a_refusal_that_passed_and_a_young_one_are_silent() {
        silent(&CHECK, &scene(3, "exceeded quota: team"));
        silent(&CHECK, &scene(2, "exceeded quota: team").replace("@30m", "@2m"));
        silent(&CHECK, &scene(2, "exceeded quota: team").replace("@1m", "@2h").replace("@30m", "@3h"));
    }
}
