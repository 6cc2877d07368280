//! Installed operators that do not want to be upgraded now.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, ObjectRef, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-operator-holds-upgrade",
    title: "An installed operator holds up its own upgrade",
    explain: "Looks at OperatorConditions in which an operator has said for an hour that it must not be upgraded. The \
              lifecycle manager then leaves it at its version, and an update of the cluster to its next minor version may \
              be refused because of it. Usually the operator is in the middle of something, such as a migration of data, \
              or waits for a setting to be changed; its message says which. That is as it should be and only worth \
              knowing. An operator that says nothing can be upgraded.",
    layer: Layer::Operator,
    needs: &[Kind::OperatorCondition],
    uses: &[Kind::ClusterServiceVersion],
    reference: "https://docs.openshift.com/container-platform/latest/operators/understanding/olm/olm-operatorconditions.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for operator in view.cluster.operator_conditions.iter() {
        let refusal = operator.conditions.having("Upgradeable", Status::False);
        let Some(refusal) = refusal.filter(|it| view.held(it.since, thresholds::UPDATE_ADVICE_HOLD)) else { continue };
        let (cli, name, namespace) = (view.cli(), &operator.meta.name, &operator.meta.namespace);
        out.push(
            Finding::new(&CHECK, Severity::Info, operator.reference(), "says that it must not be upgraded now")
                .since(refusal.since, "status.conditions[Upgradeable].lastTransitionTime")
                .condition(refusal)
                .depends_on([ObjectRef::new(Kind::ClusterServiceVersion, namespace, name)])
                .look(format!("{cli} describe operatorcondition {name} -n {namespace}"), "shows its reason in its own words"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn operator(upgradeable: &str, since: &str) -> String {
        format!(
            "
        kind: OperatorCondition
        metadata: {{name: cache.v1, namespace: operators}}
        status: {{conditions: [{{type: Upgradeable, status: '{upgradeable}', reason: Migrating, lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn one_that_says_no_is_worth_knowing() {
        fires(&CHECK, &operator("False", "@2h"), &[
            "info OperatorCondition operators/cache.v1: says that it must not be upgraded now (since 2h)",
        ]);
    }

    #[test]
    fn yes_and_a_short_no_are_silent() {
        silent(&CHECK, &operator("True", "@2h"));
        silent(&CHECK, &operator("False", "@5m"));
    }
}
