//! Autoscalers of workloads that do not exist.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::horizontal_pod_autoscaler::HorizontalPodAutoscaler;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "autoscaler-target-missing",
    title: "An autoscaler's workload does not exist",
    explain: "Looks at what each HorizontalPodAutoscaler scales. When that workload does not exist, or its controller \
              reports that it cannot read the workload's scale, the autoscaler does nothing, and load is met with \
              whatever replicas there are. The usual causes are a name that was misspelt or changed, a workload that \
              was deleted while its autoscaler stayed, and a kind or API version that is no longer served. An \
              autoscaler that is a few minutes old does not count: its workload may be on its way.",
    layer: Layer::Workload,
    needs: &[Kind::HorizontalPodAutoscaler],
    uses: &[Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet],
    reference: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for autoscaler in view.cluster.horizontal_pod_autoscalers.iter() {
        if view.held(autoscaler.meta.created, thresholds::AUTOSCALER_NEW) && is_lost(view, autoscaler) {
            out.push(finding(view, autoscaler));
        }
    }
}

/// Its workload is known not to exist, or of a kind that is not looked at and whose scale cannot be read.
pub(super) fn is_lost(view: &View, autoscaler: &HorizontalPodAutoscaler) -> bool {
    let target = autoscaler.scales();
    match target.known_kind() {
        Some(kind @ (Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet)) => {
            !view.cluster.contains(kind, &target.namespace, &target.name) && view.seen_in(kind, &target.namespace)
        }
        _ => autoscaler
            .conditions
            .having("AbleToScale", Status::False)
            .is_some_and(|able| able.reason == "FailedGetScale" && view.held(able.since, thresholds::AUTOSCALER_HOLD)),
    }
}

fn finding(view: &View, autoscaler: &HorizontalPodAutoscaler) -> Finding {
    let (cli, name, namespace) = (view.cli(), &autoscaler.meta.name, &autoscaler.meta.namespace);
    let target = autoscaler.scales();
    let title = "scales nothing: the workload it names does not exist";
    let finding = Finding::new(&CHECK, Severity::Warning, autoscaler.reference(), title)
        .fact("spec.scaleTargetRef", format!("{} {}", shown(&target.kind), shown(&target.name)));
    let finding = match autoscaler.conditions.having("AbleToScale", Status::False) {
        Some(able) => {
            finding.since(able.since, "status.conditions[AbleToScale].lastTransitionTime").condition(able)
        }
        None => finding,
    };
    finding
        .look(format!("{cli} describe hpa {name} -n {namespace}"), "shows what it looks for and what its controller says")
        .look(format!("{cli} get deployments,statefulsets -n {namespace}"), "shows which workloads there are")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const LOST: &str = "
        kind: HorizontalPodAutoscaler
        metadata: {name: web, namespace: shop, creationTimestamp: @2d}
        spec: {scaleTargetRef: {kind: Deployment, name: wep}, maxReplicas: 5}
        status:
          conditions: [{type: AbleToScale, status: 'False', reason: FailedGetScale, lastTransitionTime: @1d}]
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}";

    #[test]
    fn a_workload_that_does_not_exist() {
        let found = fires(&CHECK, LOST, &[
            "warning HorizontalPodAutoscaler shop/web: scales nothing: the workload it names does not exist (since 1d)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("Deployment wep"));
        fires(&CHECK, &LOST.replace("kind: Deployment, name: wep", "kind: Rollout, name: web"), &[
            "warning HorizontalPodAutoscaler shop/web: scales nothing: the workload it names does not exist (since 1d)",
        ]);
    }

    #[test]
    fn one_that_exists_and_a_new_autoscaler_are_silent() {
        silent(&CHECK, &LOST.replace("wep", "web"));
        silent(&CHECK, &LOST.replace("@2d", "@1m"));
        silent(&CHECK, &LOST.replace("kind: Deployment, name: wep", "kind: Rollout, name: web").replace("@1d", "@1m"));
    }
}
