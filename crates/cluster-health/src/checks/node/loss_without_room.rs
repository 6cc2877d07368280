//! Roles that cannot lose a node: its pods would find no room on the others.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::Kind;
use crate::model::node::Node;
use crate::model::pod::Amounts;
use crate::quantity::Quantity;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-loss-without-room",
    title: "After the loss of one node not all pods would find room",
    explain: "Adds up what the pods on the nodes of a role ask for, and what would be left of those nodes without the one that \
              has most. When the pods ask for more, some stay pending after a failure, and an update, which drains one node \
              after the other, stands still. That is worth knowing and never more: nothing has failed yet. Requests count, \
              not use. Roles of a single node, and those that are nearly full in any case, are left to other checks. More \
              nodes or smaller requests help.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::Pod],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeCPUOvercommit.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    if !view.all_seen(Kind::Pod) {
        return;
    }
    for (role, nodes) in view.open_nodes_by_role().into_iter().filter(|(_, nodes)| nodes.len() > 1) {
        out.extend(examine(view, role, &nodes));
    }
}

/// One resource of all nodes of a role.
#[derive(Clone, Copy)]
struct Sum {
    what: &'static str,
    promised: Quantity,
    there: Quantity,
    largest: Quantity,
}

impl Sum {
    fn is_short(&self) -> bool {
        let left = self.there.minus(self.largest);
        let full = self.promised.percent_of(self.there).is_none_or(|percent| percent >= thresholds::ROLE_TIGHT_PERCENT);
        !full && self.promised > left
    }
}

fn examine(view: &View, role: &str, nodes: &[&Node]) -> Option<Finding> {
    let sums = [("cpu", sum(view, nodes, "cpu", |it| it.cpu)?), ("memory", sum(view, nodes, "memory", |it| it.memory)?)];
    let short: Vec<Sum> = sums.into_iter().map(|(_, sum)| sum).filter(Sum::is_short).collect();
    let worst = short.first()?;
    let words = short.iter().map(|sum| sum.what).collect::<Vec<_>>().join(" and ");
    let title = format!("without its largest node, pods would ask for more {words} than there is");
    Some(
        Finding::new(&CHECK, Severity::Info, view.role(role), title)
            .fact(format!("requests of {}", worst.what), worst.promised)
            .fact(format!("{} without the largest of {} nodes", worst.what, nodes.len()), worst.there.minus(worst.largest))
            .look(format!("{} describe nodes", view.cli()), "shows what is promised on each node, and to which pods"),
    )
}

/// Nothing where a node does not say what it has.
fn sum(view: &View, nodes: &[&Node], what: &'static str, of: fn(&Amounts) -> Option<Quantity>) -> Option<Sum> {
    let mut sum = Sum { what, promised: Quantity::ZERO, there: Quantity::ZERO, largest: Quantity::ZERO };
    for node in nodes {
        let there = of(&Amounts { cpu: node.cpu, memory: node.memory, ..Amounts::default() })?;
        sum.there = sum.there.plus(there);
        sum.largest = sum.largest.max(there);
        sum.promised = sum.promised.plus(of(&view.cluster.standing().load(&node.meta.name).requests).unwrap_or(Quantity::ZERO));
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    /// Nodes of four processors, each with a pod that asks for some.
    fn nodes(requests: &[&str]) -> String {
        let node = |(i, cpu): (usize, &&str)| {
            format!(
                "
            kind: Node
            metadata: {{name: w{i}, labels: {{node-role.kubernetes.io/worker: ''}}}}
            status: {{allocatable: {{cpu: '4', memory: 8Gi}}, conditions: [{{type: Ready, status: 'True'}}]}}
            ---
            kind: Pod
            metadata: {{name: a{i}, namespace: shop}}
            spec: {{nodeName: w{i}, containers: [{{name: a, resources: {{requests: {{cpu: {cpu}, memory: 1Gi}}}}}}]}}
            status: {{phase: Running}}
            ---"
            )
        };
        requests.iter().enumerate().map(node).collect()
    }

    #[test]
    fn two_nodes_that_need_each_other() {
        let line = "info Role worker: without its largest node, pods would ask for more cpu than there is";
        fires(&CHECK, &nodes(&["3", "2"]), &[line]);
    }

    #[test]
    fn room_for_a_failure_a_single_node_and_a_full_role_are_silent() {
        silent(&CHECK, &nodes(&["2", "2"]));
        silent(&CHECK, &nodes(&["3", "3", "2"]));
        silent(&CHECK, &nodes(&["3"]));
        silent(&CHECK, &nodes(&["3900m", "3900m"]));
    }
}
