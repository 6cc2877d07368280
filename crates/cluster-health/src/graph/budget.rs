//! From a PodDisruptionBudget to the workloads whose pods it guards, while some of them are not healthy: of healthy pods
//! none is to blame for what the budget forbids.

use crate::model::ObjectRef;
use crate::model::pod::Pod;
use crate::view::View;

use super::{Edges, Via};

/// `spec.selector` against the labels of pods that are not well and of workloads' templates.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let budget = view.cluster.pod_disruption_budgets.get(&object.namespace, &object.name);
    let budget = budget.filter(|budget| budget.healthy < budget.expected.max(budget.desired_healthy));
    let Some(selector) = budget.and_then(|budget| budget.selector.as_ref()) else { return };
    let own = |pod: &&&Pod| pod.meta.namespace == object.namespace;
    for pod in view.unsettled.iter().filter(own).filter(|pod| selector.matches(&pod.meta.labels)) {
        edges.put(Via::Guards, view.workload(pod));
    }
    for (workload, _) in view.templates(&object.namespace).filter(|(_, labels)| selector.matches(labels)) {
        edges.put(Via::Guards, workload);
    }
}
