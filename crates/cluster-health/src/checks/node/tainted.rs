//! Nodes that are ready and still carry a taint that says they are not.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::node::{Node, Taint};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-tainted",
    title: "A ready node carries a taint of a broken one",
    explain: "Looks at taints that controllers put on nodes in trouble: not-ready, unreachable, network-unavailable, the \
              pressures, out-of-service, shutdown, and uninitialized, which a cloud controller takes off once it knows the \
              machine. On a node that is ready and whose conditions say nothing of the kind, such a taint is left over \
              and keeps pods away: the controller that should remove it does not run. Counts after ten minutes; critical \
              when it drives pods off a control-plane node. While a condition says the same, that finding stands for both.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
    run,
};

/// Taints of trouble, and the condition they mirror; `Ready` is known to be fine here.
const TAINTS: [(&str, &str); 9] = [
    ("node.cloudprovider.kubernetes.io/shutdown", ""),
    ("node.cloudprovider.kubernetes.io/uninitialized", ""),
    ("node.kubernetes.io/disk-pressure", "DiskPressure"),
    ("node.kubernetes.io/memory-pressure", "MemoryPressure"),
    ("node.kubernetes.io/network-unavailable", "NetworkUnavailable"),
    ("node.kubernetes.io/not-ready", ""),
    ("node.kubernetes.io/out-of-service", ""),
    ("node.kubernetes.io/pid-pressure", "PIDPressure"),
    ("node.kubernetes.io/unreachable", ""),
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for node in view.cluster.nodes.iter().filter(|node| node.is_ready() && !node.taints.is_empty()) {
        let stale: Vec<&Taint> = node.taints.iter().filter(|taint| is_stale(view, node, taint)).collect();
        if !stale.is_empty() {
            out.push(finding(view, node, &stale));
        }
    }
}

fn is_stale(view: &View, node: &Node, taint: &Taint) -> bool {
    let known = TAINTS.iter().find(|(key, _)| taint.key == *key);
    let since = taint.added.or(node.meta.created);
    known.is_some_and(|(_, mirrored)| !node.conditions.is_true(mirrored))
        && view.held(since, thresholds::NODE_SETUP_HOLD)
}

fn finding(view: &View, node: &Node, stale: &[&Taint]) -> Finding {
    let name = &node.meta.name;
    let evicts = stale.iter().any(|taint| taint.effect == "NoExecute");
    let severity = if evicts && node.is_control_plane() { Severity::Critical } else { Severity::Warning };
    let short = |taint: &&Taint| taint.key.rsplit('/').next().unwrap_or_default().to_owned();
    let keys: Vec<String> = stale.iter().map(short).collect();
    let title = format!("ready, but tainted as {}, which keeps pods away", listed(keys.iter().map(String::as_str)));
    let mut finding = Finding::new(&CHECK, severity, node.reference(), title)
        .since(stale.iter().filter_map(|taint| taint.added).min(), "spec.taints[*].timeAdded")
        .look(format!("{} describe node {name}", view.cli()), "shows taints and conditions side by side")
        .depends_on(controllers(view));
    for taint in stale {
        finding = finding.fact(format!("spec.taints[{}].effect", taint.key), &taint.effect);
    }
    finding
}

/// Who puts such taints on and takes them off.
fn controllers(view: &View) -> Vec<ObjectRef> {
    let operator = |name: &str| ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from(name));
    if view.is_openshift() {
        vec![operator("kube-controller-manager"), operator("cloud-controller-manager")]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn node(labels: &str, taint: &str) -> String {
        format!(
            "
            kind: Node
            metadata: {{name: n1, creationTimestamp: @3d, labels: {labels}}}
            spec: {{taints: [{taint}]}}
            status: {{conditions: [{{type: Ready, status: 'True'}}]}}"
        )
    }

    #[test]
    fn a_taint_left_over_is_a_warning() {
        let taint = "{key: node.cloudprovider.kubernetes.io/uninitialized, effect: NoSchedule}";
        fires(&CHECK, &node("{}", taint), &[
            "warning Node n1: ready, but tainted as uninitialized, which keeps pods away",
        ]);
    }

    #[test]
    fn one_that_evicts_from_the_control_plane_is_critical() {
        let taint = "{key: node.kubernetes.io/unreachable, effect: NoExecute, timeAdded: @20m}";
        fires(&CHECK, &node("{node-role.kubernetes.io/master: ''}", taint), &[
            "critical Node n1: ready, but tainted as unreachable, which keeps pods away (since 20m)",
        ]);
    }

    #[test]
    fn roles_fresh_taints_and_explained_ones_are_silent() {
        silent(&CHECK, &node("{}", "{key: node-role.kubernetes.io/master, effect: NoSchedule}"));
        let unreachable = "{key: node.kubernetes.io/unreachable, effect: NoExecute, timeAdded: @2m}";
        silent(&CHECK, &node("{}", unreachable));
        let pressure = node("{}", "{key: node.kubernetes.io/disk-pressure, effect: NoSchedule, timeAdded: @2h}");
        silent(&CHECK, &pressure.replace("conditions: [", "conditions: [{type: DiskPressure, status: 'True'}, "));
        let down = node("{}", &unreachable.replace("@2m", "@2h"));
        silent(&CHECK, &down.replace("Ready, status: 'True'", "Ready, status: Unknown"));
    }
}
