//! Operators that have never said anything.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "operator-no-status",
    title: "A cluster operator has never reported a state",
    explain: "Looks for ClusterOperators without any condition ten minutes after they were made. The release brings the object \
              and the operator fills it in, so an empty one means that the operator has never run: its pod is missing, cannot \
              be pulled or crashes before it reaches the API. During a first installation an hour is allowed.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator],
    uses: &[Kind::Pod, Kind::Deployment, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/operators/cluster-operators-ref",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let hold = if view.installing() { thresholds::INSTALL_HOLD } else { thresholds::UNAVAILABLE_HOLD };
    for operator in view.cluster.cluster_operators.iter().filter(|operator| operator.conditions.is_empty()) {
        if view.held(operator.meta.created, hold) {
            let name = &operator.meta.name;
            let finding = Finding::new(&CHECK, Severity::Warning, operator.reference(), "it has never reported a state")
                .since(operator.meta.created, "metadata.creationTimestamp")
                .fact("status.conditions", "empty")
                .look(format!("oc describe clusteroperator {name}"), "shows the objects it looks after")
                .depends_on(view.causes_of(operator));
            out.push(view.look_into_namespaces(operator, finding));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const EMPTY: &str = "
        kind: ClusterOperator
        metadata: {name: storage, creationTimestamp: @3h}";

    #[test]
    fn an_empty_one_has_never_run() {
        fires(&CHECK, EMPTY, &["warning ClusterOperator storage: it has never reported a state (since 3h)"]);
        silent(&CHECK, &EMPTY.replace("@3h", "@3m"));
        silent(&CHECK, &(EMPTY.to_owned() + "\n        status: {conditions: [{type: Available, status: 'True'}]}"));
    }
}
