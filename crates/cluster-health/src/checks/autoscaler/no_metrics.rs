//! Autoscalers that cannot tell how many replicas are needed.

use super::target_missing::is_lost;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::horizontal_pod_autoscaler::HorizontalPodAutoscaler;
use crate::model::pod::{Container, Pod};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "autoscaler-no-metrics",
    title: "An autoscaler cannot compute how many replicas to run",
    explain: "Looks at what each HorizontalPodAutoscaler says in ScalingActive and AbleToScale. One of them False for a \
              quarter of an hour means that it has stopped working: the workload keeps its replicas whatever the load. \
              The usual causes are containers that request none of the resource whose utilization is measured, an API \
              for metrics that does not answer, a metric that nobody provides, a selector that matches pods of another \
              workload, and pods that are not ready. A workload scaled to zero switches its autoscaler off on purpose \
              and does not count.",
    layer: Layer::Workload,
    needs: &[Kind::HorizontalPodAutoscaler],
    uses: &[Kind::APIService, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale-walkthrough/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for autoscaler in view.cluster.horizontal_pod_autoscalers.iter() {
        let idle = autoscaler.conditions.having("ScalingActive", Status::False);
        let idle = idle.filter(|active| active.reason != "ScalingDisabled");
        let stuck = autoscaler.conditions.having("AbleToScale", Status::False);
        let Some(condition) = idle.or(stuck) else { continue };
        if view.held(condition.since, thresholds::AUTOSCALER_HOLD) && !is_lost(view, autoscaler) {
            out.push(finding(view, autoscaler, condition));
        }
    }
}

fn finding(view: &View, autoscaler: &HorizontalPodAutoscaler, condition: &Condition) -> Finding {
    let (cli, name, namespace) = (view.cli(), &autoscaler.meta.name, &autoscaler.meta.namespace);
    let reason = &*condition.reason;
    let (title, group) = match reason {
        "FailedGetResourceMetric" | "FailedGetContainerResourceMetric" => {
            ("does not scale: it cannot read the pods' resource use", Some("metrics.k8s.io"))
        }
        "FailedGetPodsMetric" | "FailedGetObjectMetric" => {
            ("does not scale: it cannot read the metric it was given", Some("custom.metrics.k8s.io"))
        }
        "FailedGetExternalMetric" => {
            ("does not scale: it cannot read the metric it was given", Some("external.metrics.k8s.io"))
        }
        "AmbiguousSelector" => ("does not scale: its workload's selector matches pods of another one", None),
        "InvalidSelector" | "InvalidMetricSourceType" => ("does not scale: its settings are not valid", None),
        _ if condition.kind == "AbleToScale" => ("cannot change the number of replicas", None),
        _ => ("does not scale", None),
    };
    let target = autoscaler.scales();
    let mut finding = Finding::new(&CHECK, Severity::Warning, autoscaler.reference(), title)
        .since(condition.since, "status.conditions[ScalingActive or AbleToScale].lastTransitionTime")
        .fact(format!("status.conditions[{}].reason", condition.kind), shown(reason))
        .fact("spec.scaleTargetRef", format!("{} {}", shown(&target.kind), shown(&target.name)))
        .fact("status.currentReplicas", format!("{} of {} to {}", autoscaler.current, autoscaler.min, autoscaler.max));
    if group == Some("metrics.k8s.io") {
        for (resource, containers) in without_requests(view, autoscaler, &target) {
            finding = finding
                .fact(format!("containers that request no {}", shown(&resource)), crate::finding::listed(containers));
        }
    }
    if let Some(group) = group {
        finding = finding.look(
            format!("{cli} get apiservices | grep {group}"),
            "shows whether the API the metric comes from is available",
        );
    }
    let what_it_says =
        finding.untrusted(format!("status.conditions[{}].message", condition.kind), condition.message.as_deref());
    what_it_says
        .look(format!("{cli} describe hpa {name} -n {namespace}"), "shows each metric with its current value, and why one is missing")
}

/// Utilization is a share of what is requested: of nothing there is no share.
fn without_requests<'a>(
    view: &View<'a>,
    autoscaler: &HorizontalPodAutoscaler,
    target: &ObjectRef,
) -> Vec<(String, Vec<&'a str>)> {
    let mut pods = view.cluster.pods.in_namespace(&target.namespace);
    let Some(pod): Option<&Pod> = pods.find(|pod| view.workload(pod) == *target) else { return Vec::new() };
    let measured = autoscaler.metrics.iter().filter(|metric| metric.of_requests);
    let lacking = measured.map(|metric| {
        let lacks = |container: &&Container| match &*metric.resource {
            "cpu" => container.requests.cpu.is_none(),
            "memory" => container.requests.memory.is_none(),
            _ => false,
        };
        let containers = pod.template.containers.iter().filter(lacks);
        (metric.resource.to_string(), containers.map(|container| shown(&container.name)).collect::<Vec<_>>())
    });
    lacking.filter(|(_, containers)| !containers.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const BLIND: &str = "
        kind: HorizontalPodAutoscaler
        metadata: {name: web, namespace: shop, creationTimestamp: @2d}
        spec:
          scaleTargetRef: {kind: StatefulSet, name: web}
          maxReplicas: 5
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]
        status:
          conditions: [{type: ScalingActive, status: 'False', reason: FailedGetResourceMetric, lastTransitionTime: @1h}]
        ---
        kind: StatefulSet
        metadata: {name: web, namespace: shop}
        ---
        kind: Pod
        metadata: {name: web-0, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
        spec: {containers: [{name: app}, {name: side, resources: {requests: {cpu: 10m}}}]}
        ---
        kind: APIService
        metadata: {name: v1beta1.metrics.k8s.io}
        spec: {group: metrics.k8s.io, version: v1beta1, service: {namespace: openshift-monitoring, name: metrics-server}}
        status: {conditions: [{type: Available, status: 'True'}]}";

    const LINE: &str =
        "warning HorizontalPodAutoscaler shop/web: does not scale: it cannot read the pods' resource use (since 1h)";

    #[test]
    fn containers_without_requests_are_named() {
        let found = fires(&CHECK, BLIND, &[LINE]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("containers that request no cpu") && facts.contains("\"app\""), "{facts}");
    }

    #[test]
    fn zero_replicas_a_short_gap_and_a_missing_workload_are_silent() {
        silent(&CHECK, &BLIND.replace("FailedGetResourceMetric", "ScalingDisabled"));
        silent(&CHECK, &BLIND.replace("@1h", "@5m"));
        silent(&CHECK, &BLIND.replace("kind: StatefulSet, name: web}\n", "kind: StatefulSet, name: other}\n"));
    }
}
