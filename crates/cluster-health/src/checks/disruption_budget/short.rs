//! Budgets with fewer healthy pods than they demand.

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::Pod;
use crate::model::pod_disruption_budget::PodDisruptionBudget;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time::Time;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "disruption-budget-short",
    title: "A budget has too few healthy pods",
    explain: "Looks for PodDisruptionBudgets that have had fewer healthy pods than they demand for a quarter of an hour. \
              The application is below what its owner calls the minimum, and no healthy pod of it may be evicted, so \
              drains and updates stop as well. The cause is in the pods: they crash, wait, or sit on a node that is not \
              ready. A budget whose workload is scaled to zero does not count. Critical on the platform, except while it \
              is being updated.",
    layer: Layer::Workload,
    needs: &[Kind::PodDisruptionBudget],
    uses: &[Kind::Pod, Kind::Node],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-kube-controller-manager-operator/PodDisruptionBudgetLimit.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let budgets = view.cluster.pod_disruption_budgets.iter();
    for budget in budgets.filter(|budget| budget.expected > 0 && budget.healthy < budget.desired_healthy) {
        let pods = unhealthy(view, budget);
        let since = since(budget, &pods);
        if view.held(since, thresholds::NOT_READY_HOLD) {
            out.push(finding(view, budget, &pods).since(since, "status.conditions[Ready].lastTransitionTime of its pods"));
        }
    }
}

fn unhealthy<'a>(view: &View<'a>, budget: &PodDisruptionBudget) -> Vec<&'a Pod> {
    let Some(selector) = &budget.selector else { return Vec::new() };
    let of_it = |pod: &&&Pod| {
        pod.meta.namespace == budget.meta.namespace && !pod.ready && selector.matches(&pod.meta.labels)
    };
    view.unsettled.iter().filter(of_it).copied().collect()
}

/// When the first pod beyond those that may be missing stopped being ready. Pods that were never made have no time.
fn since(budget: &PodDisruptionBudget, pods: &[&Pod]) -> Option<Time> {
    let mut times: Vec<Time> = pods.iter().filter_map(|pod| pod.failing_condition("Ready")?.since).collect();
    times.put_in_order();
    let spare = usize::try_from(budget.expected.saturating_sub(budget.desired_healthy)).unwrap_or(0);
    times.get(spare).or(times.last()).copied()
}

fn finding(view: &View, budget: &PodDisruptionBudget, pods: &[&Pod]) -> Finding {
    let (cli, name, namespace) = (view.cli(), &budget.meta.name, &budget.meta.namespace);
    let critical = is_platform(namespace) && !view.updating();
    let severity = if critical { Severity::Critical } else { Severity::Warning };
    let title = format!("has {} healthy pods and demands {}", budget.healthy, budget.desired_healthy);
    Finding::new(&CHECK, severity, budget.reference(), title)
        .fact("status.currentHealthy", budget.healthy)
        .fact("status.desiredHealthy", budget.desired_healthy)
        .fact("status.expectedPods", budget.expected)
        .affects(pods.iter().map(|pod| pod.reference()))
        .look(format!("{cli} describe pdb {name} -n {namespace}"), "shows what it demands and of which pods")
        .look(format!("{cli} get pods -n {namespace} -o wide"), "shows which of them are not ready, and where")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn budget(namespace: &str, healthy: u32) -> String {
        format!(
            "
        kind: PodDisruptionBudget
        metadata: {{name: web, namespace: {namespace}}}
        spec: {{minAvailable: 2, selector: {{matchLabels: {{app: web}}}}}}
        status: {{currentHealthy: {healthy}, desiredHealthy: 2, expectedPods: 3}}
        ---
        kind: Pod
        metadata:
          name: web-1
          namespace: {namespace}
          labels: {{app: web}}
          ownerReferences: [{{kind: StatefulSet, name: web, controller: true}}]
        status: {{phase: Running, conditions: [{{type: Ready, status: 'False', lastTransitionTime: @2h}}]}}
        ---
        kind: Pod
        metadata:
          name: web-2
          namespace: {namespace}
          labels: {{app: web}}
          ownerReferences: [{{kind: StatefulSet, name: web, controller: true}}]
        status: {{phase: Running, conditions: [{{type: Ready, status: 'False', lastTransitionTime: @20m}}]}}"
        )
    }

    #[test]
    fn below_the_minimum_since_the_pod_that_was_one_too_many() {
        fires(&CHECK, &budget("shop", 1), &[
            "warning PodDisruptionBudget shop/web: has 1 healthy pods and demands 2 (since 20m)",
        ]);
        silent(&CHECK, &budget("shop", 1).replace("@20m", "@10m"));
    }

    #[test]
    fn critical_on_the_platform_unless_it_is_updated() {
        let platform = budget("openshift-x", 1);
        fires(&CHECK, &platform, &[
            "critical PodDisruptionBudget openshift-x/web: has 1 healthy pods and demands 2 (since 20m)",
        ]);
        let updating = "
        ---
        kind: ClusterVersion
        metadata: {name: version}
        status: {conditions: [{type: Progressing, status: 'True'}]}";
        fires(&CHECK, &(platform + updating), &[
            "warning PodDisruptionBudget openshift-x/web: has 1 healthy pods and demands 2 (since 20m)",
        ]);
    }

    #[test]
    fn enough_healthy_pods_and_a_workload_scaled_to_zero_are_silent() {
        silent(&CHECK, &budget("shop", 2));
        silent(&CHECK, &budget("shop", 0).replace("expectedPods: 3", "expectedPods: 0"));
    }
}
