//! The GPU operator's own word that GPUs cannot be used.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "gpu-policy-not-ready",
    title: "The GPU operator's policy is not ready",
    explain: "Looks at the state of the NVIDIA ClusterPolicy: anything but ready for half an hour means that some part of \
              what makes GPUs usable (driver, container toolkit, device plugin, validator) does not run on every node that \
              has one. The usual causes are a driver image that cannot be pulled or built for the kernel after an update, \
              missing entitlements, and node feature discovery that does not run. A second policy, which is ignored, and \
              one that is switched off, do not count; a short time after nodes were added is normal.",
    layer: Layer::ControlPlane,
    needs: &[Kind::ClusterPolicy],
    uses: &[Kind::DaemonSet, Kind::NodeFeatureDiscovery],
    reference: "https://docs.nvidia.com/datacenter/cloud-native/openshift/latest/troubleshooting-gpu-ocp.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for policy in view.cluster.cluster_policies.iter() {
        if matches!(policy.state.as_str(), "ready" | "ignored" | "disabled" | "") {
            continue;
        }
        let conditions = [("Ready", Status::False), ("Error", Status::True)];
        let bad: Vec<&Condition> =
            conditions.into_iter().filter_map(|(kind, status)| policy.conditions.having(kind, status)).collect();
        let since = bad.iter().filter_map(|condition| condition.since).min();
        if !view.held(since.or(policy.meta.created), thresholds::OPERAND_HOLD) {
            continue;
        }
        let (cli, name) = (view.cli(), &policy.meta.name);
        let namespace = if policy.namespace.is_empty() { "nvidia-gpu-operator" } else { &*policy.namespace };
        let finding = Finding::new(&CHECK, Severity::Warning, policy.reference(), "what makes GPUs usable does not run everywhere")
            .since(since, "status.conditions[Ready or Error].lastTransitionTime")
            .fact("status.state", shown(&policy.state))
            .depends_on(view.cluster.node_feature_discoveries.iter().map(Resource::reference))
            .depends_on(view.causes_in(namespace))
            .look(format!("{cli} get pods -n {} -o wide", shown(namespace)), "shows which of its pods is not well, and on which node")
            .look(format!("{cli} describe clusterpolicy {name}"), "shows what the operator says");
        out.push(bad.iter().fold(finding, |finding, condition| finding.condition(condition)));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn policy(state: &str, since: &str) -> String {
        format!(
            "
        kind: ClusterPolicy
        metadata: {{name: gpu-cluster-policy}}
        status:
          state: {state}
          namespace: nvidia-gpu-operator
          conditions: [{{type: Ready, status: 'False', reason: OperandNotReady, lastTransitionTime: {since}}}]
        ---
        kind: DaemonSet
        metadata: {{name: nvidia-driver-daemonset, namespace: nvidia-gpu-operator}}
        status: {{desiredNumberScheduled: 2, numberReady: 1}}"
        )
    }

    #[test]
    fn one_that_does_not_get_ready() {
        let found = fires(&CHECK, &policy("notReady", "@1h"), &[
            "warning ClusterPolicy gpu-cluster-policy: what makes GPUs usable does not run everywhere (since 1h)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "DaemonSet nvidia-gpu-operator/nvidia-driver-daemonset");
    }

    #[test]
    fn ready_ignored_and_young_ones_are_silent() {
        silent(&CHECK, &policy("ready", "@1h"));
        silent(&CHECK, &policy("ignored", "@1h"));
        silent(&CHECK, &policy("notReady", "@5m"));
    }
}
