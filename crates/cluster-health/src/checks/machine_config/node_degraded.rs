//! Nodes that could not take their configuration.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-node-degraded",
    title: "A node could not take its machine configuration",
    explain: "Looks at the state the machine config daemon writes on its node. Degraded means that a step failed: the drain, \
              a file that somebody changed by hand, the update of the operating system; Unreconcilable means that the new \
              configuration changes something that cannot be changed on a running machine. The node keeps its old \
              configuration and the roll-out to its pool waits for it. A warning; critical on control-plane nodes.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[Kind::Pod, Kind::PodDisruptionBudget],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/machine-config-operator/MachineConfigDaemonPivotError.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for node in view.cluster.nodes.iter().filter(|node| node.is_config_degraded()) {
        out.push(finding(view, node));
    }
}

fn finding(view: &View, node: &Node) -> Finding {
    let config = &node.machine_config;
    let severity = if node.is_control_plane() { Severity::Critical } else { Severity::Warning };
    let title = if config.state == "Unreconcilable" {
        "its new machine configuration cannot be applied to a running node"
    } else {
        "its machine configuration could not be applied"
    };
    let name = &node.meta.name;
    let annotation = |key: &str| format!("metadata.annotations[machineconfiguration.openshift.io/{key}]");
    let finding = Finding::new(&CHECK, severity, node.reference(), title).fact(annotation("state"), &config.state);
    view.name_budgets([node], finding)
        .untrusted(annotation("reason"), Some(&config.reason))
        .fact(annotation("currentConfig"), &config.current)
        .fact(annotation("desiredConfig"), &config.desired)
        .look(format!("oc describe node {name}"), "shows the reason, and whether the node is cordoned")
        .look(
            format!(
                "oc get pods -n openshift-machine-config-operator -l k8s-app=machine-config-daemon -o wide \
                 --field-selector spec.nodeName={name}"
            ),
            "names the daemon's pod on the node, whose log shows the step that failed",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn node(labels: &str, state: &str) -> String {
        format!(
            "
            kind: Node
            metadata:
              name: n1
              labels: {labels}
              annotations:
                machineconfiguration.openshift.io/state: {state}
                machineconfiguration.openshift.io/reason: 'unexpected on-disk state'
            status: {{conditions: [{{type: Ready, status: 'True'}}]}}"
        )
    }

    #[test]
    fn a_worker_is_a_warning_and_the_control_plane_critical() {
        fires(&CHECK, &node("{}", "Degraded"), &["warning Node n1: its machine configuration could not be applied"]);
        fires(&CHECK, &node("{node-role.kubernetes.io/master: ''}", "Unreconcilable"), &[
            "critical Node n1: its new machine configuration cannot be applied to a running node",
        ]);
    }

    #[test]
    fn nodes_at_work_and_done_are_silent() {
        silent(&CHECK, &node("{}", "Working"));
        silent(&CHECK, &node("{}", "Done"));
    }
}
