//! Room for pods in answers: nodes, quotas, and what keeps pods out.

use cluster_health::capacity::{Bound, Estimate, NodeRoom};
use schemars::JsonSchema;
use serde::Serialize;

use super::Object;
use super::amounts::of_resource;

/// Nodes, for one shape of pod.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NodesFit {
    pub total: usize,
    /// Those that take at least one more
    pub taking: usize,
    /// Why others take none at all, with how many nodes say so
    pub kept_out: Vec<String>,
    /// Absent where fewer than two nodes could take it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_one: Option<WithoutOneNode>,
}

/// The same after the loss of the node that weighs most.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WithoutOneNode {
    pub node: String,
    /// Its pods that would need a place elsewhere
    pub displaced_pods: usize,
    /// Displaced pods for which nothing is left
    pub without_place: usize,
    /// How many more would fit then
    pub max_pods: u64,
}

/// One limit of one quota.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QuotaBound {
    pub quota: Object,
    pub resource: String,
    pub hard: String,
    pub used: String,
    /// What one pod adds; absent where the pod does not state what the quota wants stated, so that it is refused
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_pod: Option<String>,
    /// How many more it allows
    pub max_pods: u64,
}

impl From<&NodeRoom> for NodesFit {
    fn from(room: &NodeRoom) -> Self {
        let without_one = room.without_one.as_ref().map(|without| WithoutOneNode {
            node: without.node.to_string(),
            displaced_pods: without.displaced,
            without_place: without.homeless,
            max_pods: without.pods,
        });
        let kept_out = room.kept_out.iter().map(|(misfit, count)| format!("{count} {}", misfit.words())).collect();
        Self { total: room.nodes, taking: room.taking, kept_out, without_one }
    }
}

impl From<&Bound> for QuotaBound {
    fn from(bound: &Bound) -> Self {
        let shown = |amount| of_resource(&bound.resource, amount);
        Self {
            quota: (&bound.object).into(),
            resource: bound.resource.to_string(),
            hard: shown(bound.hard),
            used: shown(bound.used),
            per_pod: bound.each.map(shown),
            max_pods: bound.pods,
        }
    }
}

/// Lines about nodes and quotas that follow the first line of an answer.
pub fn lines(estimate: &Estimate) -> Vec<String> {
    const SHOWN: usize = 8;
    let mut lines: Vec<String> =
        estimate.refusals.iter().take(SHOWN).map(|it| format!("Refused: {}", it.words())).collect();
    if let Some(room) = &estimate.nodes {
        let out: Vec<String> = NodesFit::from(room).kept_out;
        let out = if out.is_empty() { String::new() } else { format!("; of the others, {}", out.join("; ")) };
        lines.push(format!("Nodes: {} of {} take at least one{out}", room.taking, room.nodes));
        lines.extend(room.without_one.as_ref().map(|without| {
            let moved = match (without.displaced, without.homeless) {
                (0, _) => "no pod has to move".to_owned(),
                (displaced, 0) => format!("{displaced} pods find a place elsewhere"),
                (displaced, homeless) => format!("{homeless} of its {displaced} pods find no place"),
            };
            format!("If node {} is lost: {moved}, and {} more would fit", without.node, without.pods)
        }));
    }
    lines.extend(estimate.bounds.iter().take(SHOWN).map(|bound| {
        let QuotaBound { resource, hard, used, per_pod, max_pods, .. } = QuotaBound::from(bound);
        let why = per_pod.map_or_else(|| format!("pods have to state {resource}"), |each| format!("{each} a pod"));
        format!("{}: {resource} {used} of {hard} used, {why}: {max_pods} more", bound.object)
    }));
    if !estimate.not_seen.is_empty() {
        lines.push(format!("Not looked at, or not fully: {}", estimate.not_seen.join("; ")));
    }
    lines
}
