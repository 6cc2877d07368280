//! Nodes that take no new pods because somebody said so and has forgotten it.

use std::collections::BTreeMap;

use crate::budgets::cordoned_since;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-cordoned",
    title: "A node has been cordoned for long",
    explain: "Looks at nodes that are ready and marked unschedulable for more than an hour. They keep their pods but take no \
              new ones, so capacity is missing when another node fails or a roll-out needs room. Usually a repair or a \
              drain was begun and the node never given back. Nodes the machine config operator is updating are its own \
              affair, and a node that is not ready is reported as that. A warning; critical when more than half of the \
              nodes of a role are cordoned, because little can move any more then.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[Kind::Pod, Kind::PodDisruptionBudget],
    reference: "https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let has_lasted = |node: &&Node| {
        // Without the taint's time the cordon's age is unknown; the node's own is its upper bound.
        let since = cordoned_since(node).or(node.meta.created);
        node.cordoned && node.is_ready() && !node.is_being_updated() && view.held(since, thresholds::CORDON_HOLD)
    };
    let cordoned: Vec<&Node> = view.cluster.nodes.iter().filter(has_lasted).collect();
    if !cordoned.is_empty() {
        let roles = roles(view);
        out.extend(cordoned.into_iter().map(|node| finding(view, node, &roles)));
    }
}

/// How many nodes of each role are cordoned, and how many there are.
type Roles<'a> = BTreeMap<&'a str, (usize, usize)>;

fn roles<'a>(view: &View<'a>) -> Roles<'a> {
    let mut roles = Roles::new();
    for node in view.cluster.nodes.iter() {
        for role in node.roles() {
            let (cordoned, all) = roles.entry(role).or_default();
            *cordoned += usize::from(node.cordoned);
            *all += 1;
        }
    }
    roles
}

fn finding(view: &View, node: &Node, roles: &Roles) -> Finding {
    let name = &node.meta.name;
    let own = node.roles();
    let mut counts = own.iter().filter_map(|role| Some((role, roles.get(role)?)));
    let most = counts.find(|(_, (cordoned, all))| *all > 1 && cordoned * 2 > *all);
    let (severity, title) = match most {
        Some((role, (cordoned, all))) => {
            let title = format!("cordoned: it takes no new pods, like {cordoned} of {all} nodes of role {role}");
            (Severity::Critical, title)
        }
        None => (Severity::Warning, "cordoned: it takes no new pods".to_owned()),
    };
    let pods = view.pods_on(name).len();
    Finding::new(&CHECK, severity, node.reference(), title)
        .since(cordoned_since(node), "spec.taints[node.kubernetes.io/unschedulable].timeAdded")
        .fact("spec.unschedulable", true)
        .fact("metadata.labels[node-role.kubernetes.io/*]", node.roles().join(","))
        .fact("pods still on the node", pods)
        .look(format!("{} describe node {name}", view.cli()), "shows its taints, annotations and events")
        .change(
            format!("{} uncordon {name}", view.admin_cli()),
            "lets it take pods again",
            "if it was cordoned for a repair that is not done, pods land on a broken machine",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn node(name: &str, spec: &str) -> String {
        format!(
            "
            kind: Node
            metadata: {{name: {name}, labels: {{node-role.kubernetes.io/worker: ''}}}}
            spec: {spec}
            status: {{conditions: [{{type: Ready, status: 'True'}}]}}
            ---"
        )
    }

    fn cordoned(since: &str) -> String {
        format!(
            "{{unschedulable: true, taints: [{{key: node.kubernetes.io/unschedulable, effect: NoSchedule, \
             timeAdded: {since}}}]}}"
        )
    }

    #[test]
    fn one_forgotten_node_is_a_warning() {
        let nodes = node("w1", &cordoned("@5h")) + &node("w2", "{}") + &node("w3", "{}");
        fires(&CHECK, &nodes, &["warning Node w1: cordoned: it takes no new pods (since 5h)"]);
    }

    #[test]
    fn most_of_a_role_is_critical() {
        let nodes = node("w1", &cordoned("@5h")) + &node("w2", &cordoned("@2m")) + &node("w3", "{}");
        fires(&CHECK, &nodes, &[
            "critical Node w1: cordoned: it takes no new pods, like 2 of 3 nodes of role worker (since 5h)",
        ]);
    }

    #[test]
    fn a_fresh_cordon_and_one_of_the_update_are_silent() {
        silent(&CHECK, &node("w1", &cordoned("@50m")));
        let updating = "annotations: {machineconfiguration.openshift.io/state: Working}, labels:";
        silent(&CHECK, &node("w1", &cordoned("@5h")).replace("labels:", updating));
    }
}
