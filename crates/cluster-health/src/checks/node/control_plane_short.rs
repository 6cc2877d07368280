//! Too few control-plane nodes are ready.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::node::Node;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-control-plane-short",
    title: "Too few control-plane nodes are ready",
    explain: "Counts the control-plane nodes that are ready. etcd needs a majority of its members: with three nodes one may \
              fail, with five two; beyond that the API stops taking changes. One missing node is a warning, because the \
              next failure or an update would stop the cluster; fewer than a majority is critical. Two nodes are taken for a \
              pair that survives on one. A single-node cluster and one whose control plane runs elsewhere do not count, \
              nor does a node that an update restarts for less than a quarter of an hour.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-etcd-operator/etcdInsufficientMembers.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let nodes: Vec<&Node> = view.cluster.nodes.iter().filter(|node| node.is_control_plane()).collect();
    if nodes.len() < 2 || !view.all_seen(Kind::Node) {
        return;
    }
    let down: Vec<&Node> = nodes.iter().copied().filter(|node| view.is_down(node)).collect();
    if !down.is_empty() {
        out.push(finding(view, nodes.len(), &down));
    }
}

/// How many of so many must be there.
fn majority(nodes: usize) -> usize {
    if nodes == 2 { 1 } else { nodes / 2 + 1 }
}

fn finding(view: &View, all: usize, down: &[&Node]) -> Finding {
    let ready = all - down.len();
    let needed = majority(all);
    let (severity, title) = if ready < needed {
        (Severity::Critical, format!("only {ready} of {all} nodes are ready, fewer than the {needed} that etcd needs"))
    } else if ready == needed {
        (Severity::Warning, format!("{ready} of {all} nodes are ready; no further one may fail"))
    } else {
        (Severity::Warning, format!("{ready} of {all} nodes are ready"))
    };
    let since = down.iter().filter_map(|node| node.conditions.get("Ready")?.since).min();
    let cli = view.cli();
    let first = &down[0].meta.name;
    Finding::new(&CHECK, severity, role(), title)
        .since(since, "status.conditions[Ready].lastTransitionTime")
        .fact("Nodes with status.conditions[Ready].status other than True", names(down))
        .affects(down.iter().map(|node| node.reference()))
        .look(format!("{cli} get nodes -o wide"), "shows which nodes are ready, by role")
        .look(format!("{cli} describe node {first}"), "shows why one of them is not ready")
        .depends_on(down.iter().map(|node| node.reference()))
}

fn names(nodes: &[&Node]) -> String {
    listed(nodes.iter().map(|node| node.meta.name.as_str()))
}

/// The control plane as a whole; no object stands for it.
fn role() -> ObjectRef {
    ObjectRef { kind: "NodeRole".into(), namespace: Name::empty(), name: Name::from("control-plane") }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    /// Control-plane nodes with these statuses of condition Ready.
    fn nodes(ready: &[&str]) -> String {
        let node = |(i, ready): (usize, &&str)| {
            format!(
                "
            kind: Node
            metadata: {{name: m{i}, labels: {{node-role.kubernetes.io/control-plane: ''}}}}
            status: {{conditions: [{{type: Ready, status: '{ready}', lastTransitionTime: @20m}}]}}
            ---"
            )
        };
        ready.iter().enumerate().map(node).collect()
    }

    #[test]
    fn one_of_three_down_is_a_warning_and_two_are_critical() {
        let found = fires(&CHECK, &nodes(&["True", "Unknown", "True"]), &[
            "warning NodeRole control-plane: 2 of 3 nodes are ready; no further one may fail (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Node m1");
        fires(&CHECK, &nodes(&["False", "Unknown", "True"]), &[
            "critical NodeRole control-plane: only 1 of 3 nodes are ready, fewer than the 2 that etcd needs (since 20m)",
        ]);
    }

    #[test]
    fn five_nodes_and_pairs_bear_more() {
        fires(&CHECK, &nodes(&["True", "True", "True", "True", "False"]), &[
            "warning NodeRole control-plane: 4 of 5 nodes are ready (since 20m)",
        ]);
        fires(&CHECK, &nodes(&["True", "False"]), &[
            "warning NodeRole control-plane: 1 of 2 nodes are ready; no further one may fail (since 20m)",
        ]);
    }

    #[test]
    fn a_full_a_single_and_a_hosted_control_plane_are_silent() {
        silent(&CHECK, &nodes(&["True", "True", "True"]));
        silent(&CHECK, &nodes(&["False"]));
        silent(&CHECK, &nodes(&["False", "True", "True"]).replace("node-role.kubernetes.io/control-plane", "other"));
    }
}
