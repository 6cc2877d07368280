//! At which step a node's way to a new configuration ended.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::machine_config_node::MachineConfigNode;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-node-step-failed",
    title: "A node's way to a new configuration ended at a step",
    explain: "Looks at MachineConfigNodes, which tell step by step how far a node is with a new configuration: prepared, \
              cordoned, drained, files and system written, restarted, uncordoned. It speaks when the node calls itself \
              degraded for five minutes, and when a step has been under way for an hour. The step says where to look: \
              Drained at pods and budgets, AppliedFilesAndOS at what somebody changed on the node's disk, RebootedNode at \
              the machine's console. Critical on the control plane.",
    layer: Layer::Node,
    needs: &[Kind::MachineConfigNode],
    uses: &[Kind::Node, Kind::PodDisruptionBudget],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_configuration/machine-config-index",
    run,
};

/// The steps, in order.
const STEPS: [&str; 9] = [
    "UpdatePrepared",
    "UpdateExecuted",
    "Cordoned",
    "Drained",
    "AppliedFilesAndOS",
    "AppliedFiles",
    "AppliedOSImage",
    "RebootedNode",
    "Resumed",
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for one in view.cluster.machine_config_nodes.iter() {
        // A condition is Unknown while its step is under way.
        let degraded = one.conditions.having("NodeDegraded", Status::True);
        let under_way = STEPS.iter().rev().find_map(|step| one.conditions.having(step, Status::Unknown));
        let long = under_way.filter(|step| view.held(step.since, thresholds::POOL_STANDSTILL));
        if let Some(degraded) = degraded.filter(|it| view.held(it.since, thresholds::POOL_DEGRADED_HOLD)) {
            out.push(finding(view, one, degraded, under_way));
        } else if let Some(step) = long {
            out.push(finding(view, one, step, Some(step)));
        }
    }
}

fn finding(view: &View, one: &MachineConfigNode, condition: &Condition, step: Option<&Condition>) -> Finding {
    let node = view.node(&one.node);
    let severity = if node.is_some_and(|node| node.is_control_plane()) { Severity::Critical } else { Severity::Warning };
    let title = match step {
        Some(step) if condition.kind == "NodeDegraded" => format!("its configuration failed at step {}", step.kind),
        Some(step) => format!("its configuration has stood at step {} for {}", step.kind, view.age(condition.since)),
        None => "its configuration failed".to_owned(),
    };
    let name = &one.node;
    Finding::new(&CHECK, severity, ObjectRef::new(Kind::Node, &Name::empty(), name), title)
        .since(condition.since, "MachineConfigNode status.conditions[*].lastTransitionTime")
        .condition(condition)
        .look(format!("oc describe machineconfignode {}", one.meta.name), "shows every step with its time")
        .look(
            format!("oc logs -n openshift-machine-config-operator -l k8s-app=machine-config-daemon --field-selector spec.nodeName={name} -c machine-config-daemon --tail=50"),
            "shows what its daemon does",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STEP: &str = "
        kind: MachineConfigNode
        metadata: {name: w1}
        spec: {node: {name: w1}, pool: {name: worker}}
        status:
          conditions:
          - {type: UpdatePrepared, status: 'True', lastTransitionTime: @3h}
          - {type: Drained, status: Unknown, reason: Draining, lastTransitionTime: @2h}
          - {type: NodeDegraded, status: 'False', lastTransitionTime: @9d}";

    #[test]
    fn the_step_is_named() {
        fires(&CHECK, STEP, &["warning Node w1: its configuration has stood at step Drained for 2h (since 2h)"]);
        let failed = STEP.replace("NodeDegraded, status: 'False', lastTransitionTime: @9d", "NodeDegraded, status: 'True', lastTransitionTime: @10m");
        fires(&CHECK, &failed, &["warning Node w1: its configuration failed at step Drained (since 10m)"]);
    }

    #[test]
    fn steps_that_move_and_finished_nodes_are_silent() {
        silent(&CHECK, &STEP.replace("@2h", "@20m"));
        silent(&CHECK, &STEP.replace("Drained, status: Unknown", "Drained, status: 'False'"));
    }
}
