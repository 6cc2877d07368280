//! `analyze-scaling-impact`: what a change of a Deployment's replicas would meet.

use cluster_health::capacity::{self, Bound, Scaling};
use cluster_health::model::pod::Amounts;
use cluster_health::ordered::Ordered;
use cluster_health::quantity::Quantity;
use cluster_health::view::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scope;
use super::shapes::Object;
use super::shapes::amounts::{AmountWords, of_resource};
use super::shapes::capacity::{NodesFit, lines};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct AnalyzeScalingImpact;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Name of the Deployment
    #[schemars(length(min = 1, max = 253))]
    deployment: String,
    #[schemars(length(min = 1, max = 63))]
    namespace: String,
    /// How many replicas it would have
    #[schemars(range(min = 0, max = 100_000))]
    target_replicas: u32,
    /// What you believe it has; the cluster's own number counts, and a difference is pointed out
    #[schemars(range(min = 0, max = 100_000))]
    current_replicas: Option<u32>,
    /// Whether to say what becomes of the cluster's pod slots (default true)
    include_infrastructure: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Impact {
    /// fits, does-not-fit or unknown
    pub status: String,
    pub deployment: String,
    pub namespace: String,
    /// RFC 3339
    pub analyzed_at: String,
    pub current_state: Replicas,
    pub projected_state: Replicas,
    /// Pods that nodes would have to take, with those that wait already
    pub pods_to_place: u64,
    pub namespace_impact: NamespaceImpact,
    /// Absent where nodes or pods were not all seen
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<NodesFit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_impact: Option<Infrastructure>,
    pub warnings: Vec<String>,
    /// Other numbers of replicas, and whether they fit
    pub alternative_scenarios: Vec<Alternative>,
    /// What was not seen, or cannot be counted
    pub not_seen: Vec<String>,
    pub recommendation: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Replicas {
    pub replicas: u32,
    /// Requests of one pod
    pub per_pod: AmountWords,
    pub total: AmountWords,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct NamespaceImpact {
    pub quota_exceeded: bool,
    /// The limit that would be left with the least; absent without a quota
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limiting_factor: Option<String>,
    /// Of that limit
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_usage_percent: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projected_usage_percent: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headroom_remaining_percent: Option<i64>,
    /// The fullest first
    pub quotas: Vec<ProjectedQuota>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ProjectedQuota {
    pub quota: Object,
    pub resource: String,
    pub hard: String,
    pub used: String,
    pub projected: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projected_percent: Option<i64>,
    pub exceeded: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Infrastructure {
    /// Pods in the cluster that have not ended
    pub pods_now: u64,
    pub pods_after: u64,
    /// Free on nodes that could take the pods
    pub free_pod_slots: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Alternative {
    pub replicas: u64,
    pub safe: bool,
    pub reason: String,
}

impl Tool<State> for AnalyzeScalingImpact {
    const NAME: &'static str = "analyze-scaling-impact";
    const TITLE: &'static str = "Impact of scaling";
    const DESCRIPTION: &'static str = "Before you scale a Deployment: would the replicas fit? Checks nodes (node \
        selector, affinity, taints, free CPU and memory, pod slots, host ports), the loss of one node, every quota and \
        limit range of the namespace, an autoscaler (HPA) that would undo it and volumes that only one node can mount; \
        says the most replicas that fit.";

    type Arguments = Arguments;
    type Output = Impact;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Impact>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        scope::namespace(&snapshot.cluster, &arguments.namespace)?;
        let deployment = scope::deployment(&snapshot.cluster, Some(&arguments.namespace), &arguments.deployment)?;
        let view = View::new(&snapshot.cluster, snapshot.report.as_of);
        let scaling = capacity::scaling(&view, deployment, arguments.target_replicas);
        let structured = impact(&view, &scaling, &arguments);
        Ok(Answer { text: text(&structured, &scaling), structured })
    }
}

fn impact(view: &View, scaling: &Scaling, arguments: &Arguments) -> Impact {
    let infrastructure = arguments.include_infrastructure.unwrap_or(true).then(|| infrastructure(view, scaling));
    Impact {
        status: status(scaling).to_owned(),
        deployment: arguments.deployment.clone(),
        namespace: arguments.namespace.clone(),
        analyzed_at: view.now.to_string(),
        current_state: replicas(scaling, scaling.deployment.desired),
        projected_state: replicas(scaling, scaling.target),
        pods_to_place: scaling.pods_to_place(),
        namespace_impact: namespace_impact(scaling),
        nodes: scaling.estimate.nodes.as_ref().map(NodesFit::from),
        infrastructure_impact: infrastructure.flatten(),
        warnings: warnings(scaling, arguments),
        alternative_scenarios: alternatives(scaling),
        not_seen: scaling.estimate.not_seen.clone(),
        recommendation: recommendation(scaling),
    }
}

fn status(scaling: &Scaling) -> &'static str {
    match (scaling.fits_nodes(), scaling.fits_quotas()) {
        (Some(false), _) | (_, false) => "does-not-fit",
        (None, true) => "unknown",
        (Some(true), true) if scaling.estimate.not_seen.is_empty() || scaling.pods_to_place() == 0 => "fits",
        (Some(true), true) => "unknown",
    }
}

fn replicas(scaling: &Scaling, replicas: u32) -> Replicas {
    let each = scaling.estimate.shape.requests();
    let times = |amount: Option<Quantity>| amount.map(|amount| amount.times(u64::from(replicas)));
    let total = Amounts { cpu: times(each.cpu), memory: times(each.memory), gpus: times(each.gpus) };
    Replicas { replicas, per_pod: each.into(), total: total.into() }
}

/// Less than what there is: pods that go give back what they took.
fn projected(bound: &Bound, scaling: &Scaling) -> Quantity {
    let fewer = u64::from(scaling.existing.saturating_sub(scaling.target));
    bound.after(scaling.new_pods()).minus(bound.each.unwrap_or_default().times(fewer))
}

fn namespace_impact(scaling: &Scaling) -> NamespaceImpact {
    let mut bounds: Vec<&Bound> = scaling.estimate.bounds.iter().collect();
    let percent = |bound: &Bound| projected(bound, scaling).percent_of(bound.hard);
    bounds.put_in_order_by_key(|bound| std::cmp::Reverse(percent(bound).unwrap_or(i64::MAX)));
    let tightest = bounds.first();
    let after = tightest.and_then(|bound| percent(bound));
    NamespaceImpact {
        quota_exceeded: !scaling.fits_quotas(),
        limiting_factor: tightest.map(|bound| format!("{} of {}", bound.resource, bound.object)),
        current_usage_percent: tightest.and_then(|bound| bound.used.percent_of(bound.hard)),
        projected_usage_percent: after,
        headroom_remaining_percent: after.map(|after| (100 - after).max(0)),
        quotas: bounds.iter().map(|bound| projected_quota(bound, scaling)).collect(),
    }
}

fn projected_quota(bound: &Bound, scaling: &Scaling) -> ProjectedQuota {
    let shown = |amount| of_resource(&bound.resource, amount);
    let projected = projected(bound, scaling);
    ProjectedQuota {
        quota: (&bound.object).into(),
        resource: bound.resource.to_string(),
        hard: shown(bound.hard),
        used: shown(bound.used),
        projected: shown(projected),
        projected_percent: projected.percent_of(bound.hard),
        exceeded: projected > bound.hard || bound.each.is_none() && scaling.new_pods() > 0,
    }
}

/// Nothing where pods were not all seen.
fn infrastructure(view: &View, scaling: &Scaling) -> Option<Infrastructure> {
    let usage = capacity::usage(view, None)?;
    let fewer = u64::from(scaling.existing.saturating_sub(scaling.target));
    Some(Infrastructure {
        pods_now: usage.pods,
        pods_after: (usage.pods + scaling.new_pods()).saturating_sub(fewer),
        free_pod_slots: scaling.estimate.nodes.as_ref()?.free_slots,
    })
}

fn warnings(scaling: &Scaling, arguments: &Arguments) -> Vec<String> {
    let Scaling { deployment, target, .. } = scaling;
    let mut warnings = Vec::new();
    if let Some(believed) = arguments.current_replicas.filter(|&believed| believed != deployment.desired) {
        warnings.push(format!("spec.replicas is {}, not {believed}", deployment.desired));
    }
    if scaling.unscheduled > 0 {
        warnings.push(format!("{} of its pods wait for a node already", scaling.unscheduled));
    }
    warnings.extend(scaling.estimate.refusals.iter().map(|refusal| refusal.words()));
    if let Some(autoscaler) = scaling.autoscaler {
        let name = &autoscaler.meta.name;
        let (min, max) = (autoscaler.min, autoscaler.max);
        warnings.push(match (min..=max).contains(target) {
            true => format!("HorizontalPodAutoscaler {name} sets the replicas itself and may change them again"),
            false => format!("HorizontalPodAutoscaler {name} allows {min} to {max} replicas and will undo {target}"),
        });
    }
    if scaling.survives_a_node() == Some(false) && scaling.fits_nodes() == Some(true) && scaling.pods_to_place() > 0 {
        let node = scaling.estimate.nodes.as_ref().and_then(|nodes| nodes.without_one.as_ref());
        let node = node.map(|without| without.node.to_string()).unwrap_or_default();
        warnings.push(format!("if node {node} is lost, not all pods find a place"));
    }
    if *target > 1 && !scaling.single_node_claims.is_empty() {
        let claims: Vec<String> = scaling.single_node_claims.iter().map(|claim| claim.name.to_string()).collect();
        warnings.push(format!(
            "claim {} can be mounted on one node only: pods on other nodes will not start",
            claims.join(", ")
        ));
    }
    let requests = scaling.estimate.shape.requests();
    if requests.cpu.is_none() || requests.memory.is_none() {
        warnings.push(
            "its containers do not state all requests: nodes count them as nothing, and may be overloaded".to_owned(),
        );
    }
    if deployment.paused {
        warnings.push("its roll-out is paused".to_owned());
    }
    warnings
}

fn alternatives(scaling: &Scaling) -> Vec<Alternative> {
    let mut alternatives = Vec::new();
    let Some(most) = scaling.most_replicas() else { return alternatives };
    let without = scaling.estimate.nodes.as_ref().and_then(|nodes| nodes.without_one.as_ref());
    if let Some(without) = without.filter(|without| without.homeless == 0) {
        let placed = u64::from(scaling.existing - scaling.unscheduled);
        let replicas = most.min(placed + without.pods);
        let reason = format!("the most that still fit if node {} is lost", without.node);
        alternatives.push(Alternative { replicas, safe: true, reason });
    }
    alternatives.push(Alternative { replicas: most, safe: without.is_none(), reason: "the most that fit".to_owned() });
    alternatives
}

fn recommendation(scaling: &Scaling) -> String {
    let Scaling { deployment, target, .. } = scaling;
    let (name, namespace) = (&deployment.meta.name, &deployment.meta.namespace);
    match (status(scaling), scaling.survives_a_node()) {
        ("fits", Some(false)) if scaling.pods_to_place() > 0 => {
            format!("{target} replicas fit now, but not after the loss of a node: add a node, or choose fewer.")
        }
        ("fits", _) => {
            format!("{target} replicas fit: kubectl scale deployment {name} -n {namespace} --replicas={target}")
        }
        ("unknown", _) => "What was not seen may keep pods from starting; see not_seen before scaling.".to_owned(),
        _ => match scaling.most_replicas() {
            Some(most) if most > u64::from(deployment.desired) => {
                format!("Do not scale to {target}: {most} replicas are the most that fit.")
            }
            _ => "Do not scale up: make room, or raise what limits it, first.".to_owned(),
        },
    }
}

fn text(impact: &Impact, scaling: &Scaling) -> String {
    let Impact { deployment, namespace, .. } = impact;
    let verdict = match &*impact.status {
        "fits" => "fits",
        "unknown" => "may fit, but not everything was seen",
        _ => "does not fit",
    };
    let mut text = format!(
        "Scaling Deployment {namespace}/{deployment} from {} to {} replicas {verdict}: {} pods to place, {} each. {}",
        impact.current_state.replicas,
        impact.projected_state.replicas,
        impact.pods_to_place,
        impact.current_state.per_pod.words(),
        impact.recommendation
    );
    for warning in &impact.warnings {
        text.push_str(&format!("\nWarning: {warning}"));
    }
    for line in lines(&scaling.estimate) {
        text.push_str(&format!("\n{line}"));
    }
    for quota in impact.namespace_impact.quotas.iter().take(8) {
        let percent = quota.projected_percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
        let exceeded = if quota.exceeded { ", exceeded" } else { "" };
        text.push_str(&format!(
            "\nAfter: {} {} of {}{percent}{exceeded} in {} {}",
            quota.resource, quota.projected, quota.hard, quota.quota.kind, quota.quota.name
        ));
    }
    for alternative in &impact.alternative_scenarios {
        text.push_str(&format!("\n{} replicas: {}", alternative.replicas, alternative.reason));
    }
    if let Some(infrastructure) = &impact.infrastructure_impact {
        let Infrastructure { pods_now, pods_after, free_pod_slots } = infrastructure;
        text.push_str(&format!(
            "\nCluster: {pods_now} pods now, {pods_after} after; {free_pod_slots} pod slots free for such pods now"
        ));
    }
    text.push_str(&format!(
        "\nAs of {}. Pod affinity, topology spread and the API server's load are not looked at.",
        impact.analyzed_at
    ));
    text
}
