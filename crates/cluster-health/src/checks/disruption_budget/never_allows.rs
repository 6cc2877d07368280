//! Budgets that forbid every eviction, however healthy the pods are.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::pod_disruption_budget::PodDisruptionBudget;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "disruption-budget-never-allows",
    title: "A budget never allows an eviction",
    explain: "Looks for PodDisruptionBudgets that allow no eviction although all their pods are healthy: at most zero \
              unavailable, or at least as many available as there are replicas, often one of one. Nothing is wrong \
              today, but the next drain of a node that runs such a pod stops there, and with it every update. Budgets \
              whose pods are not all healthy do not count here, nor do those without pods.",
    layer: Layer::Workload,
    needs: &[Kind::PodDisruptionBudget],
    uses: &[],
    reference: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let budgets = view.cluster.pod_disruption_budgets.iter();
    out.extend(budgets.filter(|budget| never_allows(budget)).map(|budget| finding(view, budget)));
}

fn never_allows(budget: &PodDisruptionBudget) -> bool {
    let unknown = budget.conditions.having("DisruptionAllowed", Status::False).is_some_and(|c| c.reason == "SyncFailed");
    budget.allowed == 0 && budget.expected > 0 && budget.healthy >= budget.expected && !unknown
}

fn finding(view: &View, budget: &PodDisruptionBudget) -> Finding {
    let (cli, name, namespace) = (view.cli(), &budget.meta.name, &budget.meta.namespace);
    let mut finding =
        Finding::new(&CHECK, Severity::Info, budget.reference(), "never allows an eviction: it will stop drains and updates")
            .fact("status.expectedPods", budget.expected)
            .fact("status.desiredHealthy", budget.desired_healthy)
            .look(format!("{cli} describe pdb {name} -n {namespace}"), "shows what it demands and of which pods");
    if let Some(least) = &budget.min_available {
        finding = finding.fact("spec.minAvailable", least);
    }
    if let Some(most) = &budget.max_unavailable {
        finding = finding.fact("spec.maxUnavailable", most);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const BUDGET: &str = "
        kind: PodDisruptionBudget
        metadata: {name: web, namespace: shop}
        spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
        status: {disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1}";

    #[test]
    fn one_of_one_can_never_go() {
        fires(&CHECK, BUDGET, &[
            "info PodDisruptionBudget shop/web: never allows an eviction: it will stop drains and updates",
        ]);
    }

    #[test]
    fn a_budget_used_up_for_now_and_one_without_pods_are_silent() {
        silent(&CHECK, &BUDGET.replace("expectedPods: 1", "expectedPods: 2"));
        silent(&CHECK, &BUDGET.replace("expectedPods: 1", "expectedPods: 0"));
        silent(&CHECK, &BUDGET.replace("disruptionsAllowed: 0", "disruptionsAllowed: 1"));
    }
}
