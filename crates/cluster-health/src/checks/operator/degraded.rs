//! Operators that cannot keep their part of OpenShift as it should be.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::cluster_operator::ClusterOperator;
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "operator-degraded",
    title: "A cluster operator is degraded",
    explain: "Looks at condition Degraded of each ClusterOperator, once it has been True for half an hour. The operator \
              still works, but something it looks after has stayed away from what it should be: a pod missing on a node, \
              a sync that fails, a setting that cannot be applied. Its reason names the controllers that complain, joined \
              by two colons. Critical for the operators the rest of the cluster stands on (etcd, kube-apiserver, network, \
              machine-config, dns, ingress, authentication), else a warning. A node that is down commonly degrades several \
              operators; the node is the thing to mend then.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator],
    uses: &[
        Kind::Node,
        Kind::Pod,
        Kind::Deployment,
        Kind::DaemonSet,
        Kind::StatefulSet,
        Kind::MachineConfigPool,
    ],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/ClusterOperatorDegraded.md",
    run,
};

/// Everything else stands on these.
const CORE: [&str; 7] =
    ["authentication", "dns", "etcd", "ingress", "kube-apiserver", "machine-config", "network"];

fn run(view: &View, out: &mut Vec<Finding>) {
    let hold = if view.installing() { thresholds::INSTALL_HOLD } else { thresholds::DEGRADED_HOLD };
    for operator in view.cluster.cluster_operators.iter() {
        let Some(degraded) = operator.conditions.having("Degraded", Status::True) else { continue };
        if view.held(degraded.since, hold) {
            out.push(finding(view, operator, degraded));
        }
    }
}

fn finding(view: &View, operator: &ClusterOperator, degraded: &Condition) -> Finding {
    let name = &operator.meta.name;
    let severity = if CORE.contains(&name.as_str()) { Severity::Critical } else { Severity::Warning };
    let title = match degraded.reasons() {
        Some(reasons) => format!("degraded: {}", listed(reasons)),
        None => "degraded: something it looks after is not as it should be".to_owned(),
    };
    let finding = Finding::new(&CHECK, severity, operator.reference(), title)
        .since(degraded.since, "status.conditions[Degraded].lastTransitionTime")
        .condition(degraded)
        .look(format!("oc describe clusteroperator {name}"), "shows its conditions and the objects it looks after")
        .depends_on(view.causes_of(operator));
    view.look_into_namespaces(operator, finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::finding::Value;
    use crate::testing::{fires, silent};

    fn degraded(name: &str, since: &str) -> String {
        format!(
            "
            kind: ClusterOperator
            metadata: {{name: {name}}}
            status:
              conditions:
              - {{type: Available, status: 'True'}}
              - type: Degraded
                status: 'True'
                reason: NodeController_MasterNodesReady::StaticPods_Error
                message: node m1 is not ready
                lastTransitionTime: {since}
              relatedObjects: [{{resource: namespaces, name: openshift-{name}}}]
            ---
            kind: Node
            metadata: {{name: m1}}
            ---
            kind: Node
            metadata: {{name: m2}}
            ---
            kind: Pod
            metadata: {{name: {name}-m1, namespace: openshift-{name}}}
            spec: {{nodeName: m1}}"
        )
    }

    #[test]
    fn core_operators_are_critical_and_others_a_warning() {
        let found = fires(&CHECK, &degraded("etcd", "@40m"), &[
            "critical ClusterOperator etcd: degraded: NodeController_MasterNodesReady, StaticPods_Error (since 40m)",
        ]);
        let reason = found[0].facts.iter().find(|fact| fact.path.ends_with("reason")).unwrap();
        assert_eq!(reason.value, Value::Typed("NodeController_MasterNodesReady, StaticPods_Error".to_owned()));
        fires(&CHECK, &degraded("insights", "@40m").replace("::StaticPods_Error", ""), &[
            "warning ClusterOperator insights: degraded: NodeController_MasterNodesReady (since 40m)",
        ]);
    }

    #[test]
    fn only_nodes_with_its_pods_may_explain_it() {
        let found = fires(&CHECK, &degraded("dns", "@40m"), &[
            "critical ClusterOperator dns: degraded: NodeController_MasterNodesReady, StaticPods_Error (since 40m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["Node m1"]);
    }

    #[test]
    fn a_passing_complaint_is_silent() {
        silent(&CHECK, &degraded("etcd", "@29m"));
        silent(&CHECK, &degraded("etcd", "@40m").replace("Degraded\n                status: 'True'", "Degraded\n                status: 'False'"));
    }
}
