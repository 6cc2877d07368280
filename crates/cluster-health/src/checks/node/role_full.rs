//! Roles whose nodes have nearly all of their processors or memory promised to pods.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::Kind;
use crate::model::node::Node;
use crate::model::pod::Amounts;
use crate::pod_trouble::PodTrouble;
use crate::quantity::Quantity;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-role-full",
    title: "Nearly all of a role's processors or memory is promised to pods",
    explain: "Adds up what the pods on the nodes of a role ask for, and what those nodes have, without nodes that are cordoned \
              or not ready. From 90 % on the next roll-out, drain or failure of a node finds no room, which is worth knowing; \
              it is a warning when pods find no node and hardly anything is left. Requests count, not use: the machines may \
              well be idle. More nodes, smaller requests, or fewer replicas help.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::Pod],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    if !view.all_seen(Kind::Pod) {
        return;
    }
    for (role, nodes) in view.open_nodes_by_role() {
        out.extend(examine(view, role, &nodes));
    }
}

fn examine(view: &View, role: &str, nodes: &[&Node]) -> Option<Finding> {
    let there = nodes.iter().fold(Amounts::default(), |sum, node| sum.plus(Amounts { cpu: node.cpu, memory: node.memory, ..Amounts::default() }));
    let promised = nodes.iter().fold(Amounts::default(), |sum, node| sum.plus(view.cluster.standing().load(&node.meta.name).requests));
    let share = |promised: Option<Quantity>, there: Option<Quantity>| promised?.percent_of(there?);
    let all = [("cpu", share(promised.cpu, there.cpu)), ("memory", share(promised.memory, there.memory))];
    let (what, percent) = all.into_iter().filter_map(|(what, share)| Some((what, share?))).max_by_key(|(_, share)| *share)?;
    if percent < thresholds::ROLE_TIGHT_PERCENT {
        return None;
    }
    let waiting = view.troubled(PodTrouble::Unschedulable).next().is_some();
    let severity = if waiting && percent >= thresholds::ROLE_FULL_PERCENT { Severity::Warning } else { Severity::Info };
    let nodes = match nodes.len() {
        1 => "its node".to_owned(),
        count => format!("its {count} nodes"),
    };
    let title = format!("{percent} % of the {what} of {nodes} is promised to pods");
    let words = |promised: Option<Quantity>, there: Option<Quantity>| {
        format!("{} of {}", promised.unwrap_or(Quantity::ZERO), there.unwrap_or(Quantity::ZERO))
    };
    Some(
        Finding::new(&CHECK, severity, view.role(role), title)
            .fact("requests of cpu, of what there is", words(promised.cpu, there.cpu))
            .fact("requests of memory, of what there is", words(promised.memory, there.memory))
            .look(format!("{} describe nodes", view.cli()), "shows what is promised on each node, and to which pods"),
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const FULL: &str = "
        kind: Node
        metadata: {name: w1, labels: {node-role.kubernetes.io/worker: ''}}
        status: {allocatable: {cpu: '4', memory: 8Gi}, conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Pod
        metadata: {name: a, namespace: shop}
        spec: {nodeName: w1, containers: [{name: a, resources: {requests: {cpu: 3950m, memory: 1Gi}}}]}
        status: {phase: Running}";

    #[test]
    fn it_is_a_warning_once_somebody_waits() {
        fires(&CHECK, FULL, &["info Role worker: 98 % of the cpu of its node is promised to pods"]);
        let waiting = FULL.to_owned() + "
        ---
        kind: Pod
        metadata: {name: b, namespace: shop}
        status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]}";
        fires(&CHECK, &waiting, &["warning Role worker: 98 % of the cpu of its node is promised to pods"]);
    }

    #[test]
    fn room_and_pods_that_have_ended_are_silent() {
        silent(&CHECK, &FULL.replace("cpu: 3950m", "cpu: '3'"));
        silent(&CHECK, &FULL.replace("phase: Running", "phase: Succeeded"));
    }
}
