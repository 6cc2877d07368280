//! A node that says it is well, and on which several workloads began to fail alike at the same time, and nowhere else.

use std::time::Duration;

use crate::finding::{Confidence, Finding};
use crate::graph::Via;
use crate::model::node::Node;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;

use super::super::rules::{Effect, effect};
use super::{Common, Roots, fact, look};

/// One cause shows within this time everywhere.
const TOGETHER: Duration = Duration::from_secs(10 * 60);

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    if roots.view.cluster.nodes.len() < 2 {
        return Vec::new();
    }
    let groups = roots.groups(|finding| {
        let effect = effect(finding);
        let alike = matches!(effect, Effect::Starting | Effect::Running | Effect::Image);
        let node = if alike { only_node(roots, finding) } else { None };
        Some((node?, effect as u8))
    });
    let is_well = |name: &Name| roots.view.node(name).is_some_and(Node::is_ready);
    let together = |of: &[usize]| roots.onsets(of).is_some_and(|(first, last)| last.since(first) <= TOGETHER);
    let only_here = |of: &[usize]| {
        let same = effect(&roots.findings[of[0]]);
        roots.iter().filter(|(_, finding)| effect(finding) == same).nth(of.len()).is_none()
    };
    groups
        .into_iter()
        .filter(|((node, _), of)| is_well(node) && together(of) && only_here(of))
        .map(|((node, _), of)| common(roots, node, of))
        .collect()
}

/// The node, if all troubled pods of the workload are on the same one.
fn only_node<'a>(roots: &Roots<'_, '_, 'a>, finding: &Finding) -> Option<&'a Name> {
    let mut pods = roots.view.unsettled_of(&finding.object).iter();
    let node = &pods.next()?.node;
    pods.all(|pod| pod.node == *node).then_some(node)
}

fn common(roots: &Roots, node: &Name, of: Vec<usize>) -> Common {
    let cli = roots.view.admin_cli();
    Common {
        object: ObjectRef::new(Kind::Node, &Name::empty(), node),
        via: Via::RunsOn,
        title: format!(
            "says it is ready, but {} workloads began to fail on it together, and on no other node",
            of.len()
        )
        .into(),
        confidence: Confidence::Possible,
        facts: vec![fact("status.conditions[Ready].status", "True"), fact("workloads that fail on it alone", of.len())],
        next: vec![
            look(
                format!("{} describe node {node}", roots.view.cli()),
                "shows its conditions, taints and recent events",
            ),
            look(
                format!("{cli} cordon {node} --dry-run=client"),
                "tells whether it could be cordoned while it is looked at",
            ),
        ],
        of,
    }
}
