//! Budgets whose pods cannot be counted.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "disruption-budget-bad-selector",
    title: "A budget's pods cannot be counted",
    explain: "Looks for PodDisruptionBudgets of which the controller says, for five minutes, that it cannot work out how \
              many pods are expected (reason SyncFailed). Then no pod of it may be evicted, and drains stop. The selector \
              usually covers pods of a controller that has no notion of scale, or pods that were made by hand while the \
              budget is written as a percentage or as a number that may be missing. A budget that selects nothing is \
              harmless and does not count.",
    layer: Layer::Workload,
    needs: &[Kind::PodDisruptionBudget],
    uses: &[],
    reference: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for budget in view.cluster.pod_disruption_budgets.iter() {
        let failed = budget.conditions.having("DisruptionAllowed", Status::False);
        let Some(failed) = failed.filter(|failed| failed.reason == "SyncFailed") else { continue };
        if !view.held(failed.since, thresholds::BUDGET_SYNC_HOLD) {
            continue;
        }
        let (cli, name, namespace) = (view.cli(), &budget.meta.name, &budget.meta.namespace);
        out.push(
            Finding::new(&CHECK, Severity::Warning, budget.reference(), "allows no evictions: its pods cannot be counted")
                .since(failed.since, "status.conditions[DisruptionAllowed].lastTransitionTime")
                .fact("status.conditions[DisruptionAllowed].reason", &failed.reason)
                .fact("spec.selector", budget.selector.as_ref().map(ToString::to_string).unwrap_or_default())
                .untrusted("status.conditions[DisruptionAllowed].message", failed.message.as_deref())
                .look(format!("{cli} describe pdb {name} -n {namespace}"), "shows the selector and what the controller says"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const BUDGET: &str = "
        kind: PodDisruptionBudget
        metadata: {name: web, namespace: shop}
        spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
        status:
          conditions: [{type: DisruptionAllowed, status: 'False', reason: SyncFailed, lastTransitionTime: @20m}]";

    #[test]
    fn pods_that_cannot_be_counted_are_a_warning() {
        fires(&CHECK, BUDGET, &[
            "warning PodDisruptionBudget shop/web: allows no evictions: its pods cannot be counted (since 20m)",
        ]);
    }

    #[test]
    fn a_new_budget_and_one_that_is_used_up_are_silent() {
        silent(&CHECK, &BUDGET.replace("@20m", "@1m"));
        silent(&CHECK, &BUDGET.replace("SyncFailed", "InsufficientPods"));
    }
}
