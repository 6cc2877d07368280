//! From a HorizontalPodAutoscaler to what it scales and to the parts of the API its metrics come from.

use crate::model::{ObjectRef, Resource};
use crate::view::View;

use super::{Edges, Via};

/// `spec.scaleTargetRef`, and `spec.metrics[*].type` by the group that serves such metrics.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let autoscalers = &view.cluster.horizontal_pod_autoscalers;
    let Some(autoscaler) = autoscalers.get(&object.namespace, &object.name) else { return };
    edges.put(Via::Scales, autoscaler.scales());
    let read = |group: &str| autoscaler.metrics.iter().any(|metric| group_of(&metric.source) == group);
    for api in view.cluster.api_services.iter().filter(|api| read(&api.group)) {
        edges.put(Via::MeasuresBy, api.reference());
    }
}

/// The group of the API that serves metrics of this type; empty for a type it does not know.
fn group_of(source: &str) -> &'static str {
    match source {
        "Resource" | "ContainerResource" => "metrics.k8s.io",
        "Pods" | "Object" => "custom.metrics.k8s.io",
        "External" => "external.metrics.k8s.io",
        _ => "",
    }
}
