//! Nodes that are short of memory, disk or process ids.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::{Condition, Status};
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-pressure",
    title: "A node is short of memory, disk or process ids",
    explain: "Looks at conditions MemoryPressure, DiskPressure and PIDPressure of nodes that are ready. The kubelet sets them \
              when it falls below its eviction thresholds; it then takes no new pods and evicts running ones, those that \
              use more than they asked for first. Usual causes are pods without limits or with a leak, logs, and images \
              that fill the disk. Counts after ten minutes, because the kubelet clears images and dead containers itself; \
              critical for control-plane nodes. A node that is not ready is reported as that.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[Kind::Pod],
    reference: "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    run,
};

const PRESSURES: [(&str, &str); 3] =
    [("MemoryPressure", "memory"), ("DiskPressure", "disk space"), ("PIDPressure", "process ids")];

fn run(view: &View, out: &mut Vec<Finding>) {
    for node in view.cluster.nodes.iter().filter(|node| node.is_ready()) {
        let short: Vec<_> = PRESSURES
            .iter()
            .filter_map(|(kind, what)| Some((node.conditions.having(kind, Status::True)?, *what)))
            .filter(|(condition, _)| view.held(condition.since, thresholds::PRESSURE_HOLD))
            .collect();
        if !short.is_empty() {
            out.push(finding(view, node, &short));
        }
    }
}

fn finding(view: &View, node: &Node, short: &[(&Condition, &str)]) -> Finding {
    let name = &node.meta.name;
    let severity = if node.is_control_plane() { Severity::Critical } else { Severity::Warning };
    let title = format!("short of {}: it takes no new pods and evicts others", listed(short.iter().map(|(_, what)| *what)));
    let since = short.iter().filter_map(|(condition, _)| condition.since).min();
    let evicted = view.unsettled.iter().filter(|pod| pod.reason == "Evicted" && pod.node == *name);
    let mut finding = Finding::new(&CHECK, severity, node.reference(), title)
        .since(since, "status.conditions[*Pressure].lastTransitionTime")
        .affects(evicted.map(|pod| pod.reference()))
        .look(
            format!("{} describe node {name}", view.cli()),
            "shows what is allocated, what asks for most, and recent evictions",
        )
        .look(format!("{} top pods -A --sort-by=memory", view.admin_cli()), "shows the pods that use most memory");
    for (condition, _) in short {
        finding = finding.condition(condition);
    }
    if let Some(memory) = node.memory {
        finding = finding.fact("status.allocatable.memory", memory);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn node(labels: &str, memory: &str, disk: &str) -> String {
        format!(
            "
            kind: Node
            metadata: {{name: w1, labels: {labels}}}
            status:
              conditions:
              - {{type: Ready, status: 'True'}}
              - {{type: MemoryPressure, {memory}}}
              - {{type: DiskPressure, {disk}}}
            ---
            kind: Pod
            metadata: {{name: a, namespace: shop}}
            spec: {{nodeName: w1}}
            status: {{phase: Failed, reason: Evicted}}"
        )
    }

    const FINE: &str = "status: 'False', lastTransitionTime: @3d";
    const SHORT: &str = "status: 'True', lastTransitionTime: @20m";

    #[test]
    fn a_worker_is_a_warning_with_what_it_evicted() {
        let found = fires(&CHECK, &node("{}", SHORT, FINE), &[
            "warning Node w1: short of memory: it takes no new pods and evicts others (since 20m)",
        ]);
        assert_eq!(found[0].affected_count, 1);
    }

    #[test]
    fn several_pressures_are_one_finding_and_control_plane_is_critical() {
        fires(&CHECK, &node("{node-role.kubernetes.io/master: ''}", SHORT, &SHORT.replace("@20m", "@1h")), &[
            "critical Node w1: short of memory, disk space: it takes no new pods and evicts others (since 1h)",
        ]);
    }

    #[test]
    fn short_unknown_and_unreachable_are_silent() {
        silent(&CHECK, &node("{}", FINE, &SHORT.replace("@20m", "@5m")));
        silent(&CHECK, &node("{}", "status: Unknown, lastTransitionTime: @2h", FINE));
        silent(&CHECK, &node("{}", SHORT, FINE).replace("Ready, status: 'True'", "Ready, status: 'False'"));
    }
}
