//! Operators whose part of OpenShift does not work.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_operator::ClusterOperator;
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "operator-unavailable",
    title: "A cluster operator is not available",
    explain: "Looks at condition Available of each ClusterOperator. False means that what the operator looks after does not \
              work for its users: no logins, no routes, no metrics. Unknown, or no such condition ten minutes after the \
              operator was made, means that nobody watches over it. A warning at once, since roll-outs should not cause \
              it, and critical after ten minutes. Look for pods of the operator's namespaces that are down, for nodes \
              they are stranded on, and for another operator it is built on. During a first installation it counts after \
              an hour.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator],
    uses: &[Kind::Node, Kind::Pod, Kind::Deployment, Kind::DaemonSet, Kind::StatefulSet],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/ClusterOperatorDown.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for operator in view.cluster.cluster_operators.iter().filter(|it| !it.conditions.is_true("Available")) {
        let since = operator.conditions.get("Available").and_then(|available| available.since);
        let hold = if view.installing() {
            thresholds::INSTALL_HOLD
        } else if operator.conditions.get("Available").is_none() {
            thresholds::UNAVAILABLE_HOLD
        } else {
            std::time::Duration::ZERO
        };
        if view.held(since.or(operator.meta.created), hold) {
            out.push(finding(view, operator));
        }
    }
}

fn finding(view: &View, operator: &ClusterOperator) -> Finding {
    let name = &operator.meta.name;
    let available = operator.conditions.get("Available");
    let since = available.and_then(|available| available.since);
    let lasts = view.held(since.or(operator.meta.created), thresholds::UNAVAILABLE_HOLD);
    let severity = if lasts { Severity::Critical } else { Severity::Warning };
    let title = match available.map(|available| available.status) {
        Some(Status::False) => "not available: what it looks after does not work",
        Some(_) => "it does not know whether what it looks after works",
        None => "it has never reported its state",
    };
    let finding = Finding::new(&CHECK, severity, operator.reference(), title)
        .since(since, "status.conditions[Available].lastTransitionTime")
        .look(format!("oc describe clusteroperator {name}"), "shows its conditions and the objects it looks after")
        .depends_on(view.causes_of(operator));
    let finding = match available {
        Some(available) => finding.condition(available),
        None => finding.fact("status.conditions[Available]", "absent"),
    };
    view.look_into_namespaces(operator, finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn console(available: &str) -> String {
        format!(
            "
            kind: ClusterOperator
            metadata: {{name: console, creationTimestamp: @20d}}
            status:
              conditions: [{available}]
              relatedObjects: [{{group: '', resource: namespaces, name: openshift-console}}]
            ---
            kind: Deployment
            metadata: {{name: console, namespace: openshift-console}}
            spec: {{replicas: 2}}
            ---
            kind: Deployment
            metadata: {{name: downloads, namespace: openshift-console}}
            spec: {{replicas: 2}}
            status: {{availableReplicas: 2}}"
        )
    }

    #[test]
    fn a_warning_at_once_and_critical_after_ten_minutes() {
        let found = fires(&CHECK, &console("{type: Available, status: 'False', lastTransitionTime: @2m}"), &[
            "warning ClusterOperator console: not available: what it looks after does not work (since 2m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, [
            "Deployment openshift-console/console",
            "ClusterOperator authentication",
            "ClusterOperator ingress",
        ]);
        fires(&CHECK, &console("{type: Available, status: 'False', lastTransitionTime: @11m}"), &[
            "critical ClusterOperator console: not available: what it looks after does not work (since 11m)",
        ]);
    }

    #[test]
    fn silence_of_an_old_operator_is_critical() {
        fires(&CHECK, &console(""), &["critical ClusterOperator console: it has never reported its state"]);
    }

    #[test]
    fn an_available_a_new_and_an_installing_operator_are_silent() {
        silent(&CHECK, &console("{type: Available, status: 'True', lastTransitionTime: @2m}"));
        silent(&CHECK, &console("").replace("@20d", "@5m"));
        let installing = "
            ---
            kind: ClusterVersion
            metadata: {name: version}
            status: {history: [{version: 4.20.6, state: Partial}]}";
        let console = console("{type: Available, status: 'False', lastTransitionTime: @20m}");
        silent(&CHECK, &format!("{console}{installing}"));
    }
}
