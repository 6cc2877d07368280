//! `calculate-pod-capacity`: how many more pods fit, node by node, and within a namespace's quotas and limit ranges.

mod trend;

use cluster_health::capacity::{self, Estimate, Limit, Shape, Usage};
use cluster_health::model::Kind;
use cluster_health::model::pod::Amounts;
use cluster_health::quantity::Quantity;
use cluster_health::view::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scope;
use super::shapes::amounts::{AmountWords, memory};
use super::shapes::capacity::{NodesFit, QuotaBound, lines};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::{Snapshot, State};

pub struct CalculatePodCapacity;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// A namespace, whose quotas and limit ranges then count too; cluster (default) for all nodes and no quota
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// The pod that is counted (default medium): requests and limits of 100m and 64Mi, 200m and 128Mi, 400m and 256Mi
    pod_profile: Option<Profile>,
    /// What a pod of profile custom asks for
    custom_resources: Option<CustomResources>,
    /// Count pods like those of this Deployment of the namespace, with its node selector, affinity and tolerations
    #[schemars(length(min = 1, max = 253))]
    deployment: Option<String>,
    /// Percent of what fits that is left free (default 15)
    #[schemars(range(min = 0, max = 50))]
    safety_margin: Option<f64>,
    /// false leaves out how requests grow (default true), which Prometheus is asked for where it is configured
    include_trending: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Profile {
    Small,
    #[default]
    Medium,
    Large,
    Custom,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CustomResources {
    /// Such as 250m or 2
    #[schemars(length(min = 1, max = 32))]
    cpu: Option<String>,
    /// Such as 512Mi
    #[schemars(length(min = 1, max = 32))]
    memory: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Capacity {
    /// success, or partial where not everything that bounds it was seen
    pub status: String,
    /// cluster, or the namespace
    pub namespace: String,
    /// RFC 3339
    pub as_of: String,
    /// What is counted; first the answer that was asked for
    pub recommended_limit: Recommended,
    /// The profiles side by side
    pub pod_estimates: PodEstimates,
    /// Requests of the pods there are, not what they consume; absent where pods were not all seen
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_usage: Option<CurrentUsage>,
    /// Left on nodes that could take the pod; absent where nodes or pods were not all seen
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_capacity: Option<Available>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<NodesFit>,
    /// Limits of quotas that count, the tightest first
    pub quotas: Vec<QuotaBound>,
    /// Bounds of limit ranges for which the API would refuse the pod
    pub refused_by: Vec<String>,
    /// How what pods request grows; absent where it was not asked for or cannot be told
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trending: Option<trend::Trending>,
    /// What was not seen, or cannot be counted
    pub not_seen: Vec<String>,
    pub recommendation: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Recommended {
    /// small, medium, large, custom or the Deployment
    pub pod_profile: String,
    pub per_pod: AmountWords,
    /// Absent where it is not known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pod_count: Option<u64>,
    /// Less the margin, and no more than fit after the loss of one node
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_pod_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limiting_factor: Option<String>,
    pub explanation: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PodEstimates {
    pub small: PodEstimate,
    pub medium: PodEstimate,
    pub large: PodEstimate,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<PodEstimate>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PodEstimate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pods: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_pods: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limiting_factor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct CurrentUsage {
    pub pod_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Of what all nodes offer; only for the cluster
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_percent: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Available {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    pub pod_slots: u64,
}

const CLUSTER: &str = "cluster";
const DEFAULT_MARGIN: f64 = 15.0;

impl Tool<State> for CalculatePodCapacity {
    const NAME: &'static str = "calculate-pod-capacity";
    const TITLE: &'static str = "Room for more pods";
    const DESCRIPTION: &'static str = "How many more pods fit in the cluster or a namespace? Counted node by node \
        (free CPU, memory, GPUs and pod slots, taints, selectors, cordons) rather than by totals, within every \
        ResourceQuota, ClusterResourceQuota and LimitRange, with a safety margin and after the loss of one node, and \
        what the limiting factor is. For pod profiles small, medium, large, custom resources, or pods like those of a \
        Deployment.";

    type Arguments = Arguments;
    type Output = Capacity;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Capacity>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let question = Question::new(&snapshot, &arguments)?;
        let view = View::new(&snapshot.cluster, snapshot.report.as_of);
        let estimate = capacity::estimate(&view, &question.shape, question.namespace);
        if estimate.pods().is_none() {
            return Err(blind(&snapshot));
        }
        let mut structured = structured(&view, &question, &estimate);
        if question.trend {
            let usage = capacity::usage(&view, question.namespace);
            let there = trend::There::of(usage.as_ref(), &estimate.bounds, question.namespace);
            let (trending, missing) = trend::trending(state, question.namespace, there, view.now).await;
            structured.trending = trending;
            structured.not_seen.extend(missing);
        }
        let mut text = text(&structured, &estimate);
        if let Some(caution) = snapshot.caution() {
            text = format!("{caution}\n{text}");
        }
        Ok(Answer { text, structured })
    }
}

struct Question<'a> {
    namespace: Option<&'a str>,
    profile: String,
    shape: Shape<'a>,
    custom: Option<Amounts>,
    margin: f64,
    trend: bool,
}

impl<'a> Question<'a> {
    fn new(snapshot: &'a Snapshot, arguments: &'a Arguments) -> Result<Self, ToolError> {
        let namespace = arguments.namespace.as_deref().filter(|name| !name.eq_ignore_ascii_case(CLUSTER));
        if let Some(namespace) = namespace {
            scope::namespace(&snapshot.cluster, namespace)?;
        }
        let profile = arguments.pod_profile.unwrap_or_default();
        let custom = custom(profile, arguments.custom_resources.as_ref())?;
        let (profile, shape) = match &arguments.deployment {
            Some(name) => {
                let deployment = scope::deployment(&snapshot.cluster, namespace, name)?;
                (format!("Deployment {name}"), Shape::of(&deployment.template))
            }
            None => {
                let amounts = custom.unwrap_or_else(|| profile.amounts());
                (profile.word().to_owned(), Shape::uniform(amounts))
            }
        };
        let margin = arguments.safety_margin.unwrap_or(DEFAULT_MARGIN);
        Ok(Self { namespace, profile, shape, custom, margin, trend: arguments.include_trending.unwrap_or(true) })
    }
}

impl Profile {
    fn word(self) -> &'static str {
        match self {
            Profile::Small => "small",
            Profile::Medium => "medium",
            Profile::Large => "large",
            Profile::Custom => "custom",
        }
    }

    /// Each twice the one before; a custom one says itself what it asks for.
    fn amounts(self) -> Amounts {
        let (millicores, mebibytes) = match self {
            Profile::Small => (100, 64),
            Profile::Medium => (200, 128),
            Profile::Large => (400, 256),
            Profile::Custom => return Amounts::default(),
        };
        let memory = Quantity::from_millis(mebibytes * 1024 * 1024 * 1000);
        Amounts { cpu: Some(Quantity::from_millis(millicores)), memory: Some(memory), gpus: None }
    }
}

fn custom(profile: Profile, given: Option<&CustomResources>) -> Result<Option<Amounts>, ToolError> {
    let takes = "cpu such as 250m and memory such as 512Mi, at least one of them";
    match (profile, given) {
        (Profile::Custom, Some(CustomResources { cpu, memory })) if cpu.is_some() || memory.is_some() => {
            let quantity = |argument: &str, text: &Option<String>| {
                let parse = |text: &String| {
                    let positive = Quantity::parse(text).filter(|quantity| *quantity > Quantity::ZERO);
                    positive.ok_or_else(|| ToolError::argument(argument, text, "a quantity such as 250m or 512Mi"))
                };
                text.as_ref().map(parse).transpose()
            };
            let cpu = quantity("custom_resources.cpu", cpu)?;
            let memory = quantity("custom_resources.memory", memory)?;
            Ok(Some(Amounts { cpu, memory, gpus: None }))
        }
        (Profile::Custom, _) => {
            Err(ToolError::MissingArgument { argument: "custom_resources".to_owned(), accepted: takes.to_owned() })
        }
        (_, Some(_)) => Err(ToolError::argument("custom_resources", "given", "nothing unless pod_profile is custom")),
        (_, None) => Ok(None),
    }
}

/// Neither nodes nor quotas say anything.
fn blind(snapshot: &Snapshot) -> ToolError {
    let coverage = &snapshot.cluster.coverage;
    let unseen = [Kind::Node, Kind::Pod].into_iter().find_map(|kind| Some((kind, coverage.unseen(kind)?)));
    let (kind, reason) =
        unseen.map_or((Kind::Pod, "not all of them were seen"), |(kind, reason)| (kind, reason.words()));
    ToolError::NotSeen { what: format!("room for pods, which needs all {},", kind.plural()), reason }
}

fn structured(view: &View, question: &Question, estimate: &Estimate) -> Capacity {
    let not_seen = estimate.not_seen.clone();
    let usage = capacity::usage(view, question.namespace);
    let partial = !not_seen.is_empty();
    let one = |amounts| pod_estimate(view, question, amounts);
    Capacity {
        status: if partial { "partial" } else { "success" }.to_owned(),
        namespace: question.namespace.unwrap_or(CLUSTER).to_owned(),
        as_of: view.now.to_string(),
        recommended_limit: recommended(question, estimate),
        pod_estimates: PodEstimates {
            small: one(Profile::Small.amounts()),
            medium: one(Profile::Medium.amounts()),
            large: one(Profile::Large.amounts()),
            custom: question.custom.map(one),
        },
        current_usage: usage.map(current_usage),
        available_capacity: estimate.nodes.as_ref().map(|room| Available {
            cpu: room.free.cpu.map(|cpu| cpu.to_string()),
            memory: room.free.memory.map(memory),
            pod_slots: room.free_slots,
        }),
        nodes: estimate.nodes.as_ref().map(NodesFit::from),
        quotas: estimate.bounds.iter().map(QuotaBound::from).collect(),
        refused_by: estimate.refusals.iter().map(|refusal| refusal.words()).collect(),
        trending: None,
        not_seen,
        recommendation: recommendation(estimate, question.margin),
    }
}

fn recommended(question: &Question, estimate: &Estimate) -> Recommended {
    let limit = estimate.limit();
    Recommended {
        pod_profile: question.profile.clone(),
        per_pod: estimate.shape.requests().into(),
        max_pod_count: estimate.pods(),
        safe_pod_count: estimate.safe_pods(question.margin),
        limiting_factor: limit.as_ref().map(Limit::words),
        explanation: explanation(question, estimate),
    }
}

fn explanation(question: &Question, estimate: &Estimate) -> String {
    let place = question.namespace.map_or_else(|| "the cluster".to_owned(), |name| format!("namespace {name}"));
    let each = AmountWords::from(estimate.shape.requests()).words();
    let known = if estimate.not_seen.is_empty() { "" } else { "at most " };
    let pods = estimate.pods().map_or_else(|| "an unknown number of".to_owned(), |pods| format!("{known}{pods}"));
    let safe = estimate.safe_pods(question.margin).map_or_else(String::new, |safe| {
        let lost = estimate.nodes.as_ref().is_some_and(|nodes| nodes.without_one.is_some());
        let lost = if lost { ", and one node may be lost" } else { "" };
        format!("; {safe} are safe to add ({}% margin{lost})", question.margin)
    });
    let limit = estimate.limit().map_or_else(String::new, |limit| format!(". Limit: {}", limit.words()));
    format!("{place} has room for {pods} more pods ({}: {each} each){safe}{limit}.", question.profile)
}

fn pod_estimate(view: &View, question: &Question, amounts: Amounts) -> PodEstimate {
    let estimate = capacity::estimate(view, &Shape::uniform(amounts), question.namespace);
    let AmountWords { cpu, memory } = amounts.into();
    PodEstimate {
        cpu,
        memory,
        max_pods: estimate.pods(),
        safe_pods: estimate.safe_pods(question.margin),
        limiting_factor: estimate.limit().map(|limit| limit.words()),
    }
}

fn current_usage(usage: Usage) -> CurrentUsage {
    let percent = |part: Option<Quantity>, whole: Option<Quantity>| part.unwrap_or_default().percent_of(whole?);
    let AmountWords { cpu, memory } = usage.requests.into();
    CurrentUsage {
        pod_count: usage.pods,
        cpu,
        memory,
        cpu_percent: usage.allocatable.and_then(|all| percent(usage.requests.cpu, all.cpu)),
        memory_percent: usage.allocatable.and_then(|all| percent(usage.requests.memory, all.memory)),
    }
}

fn recommendation(estimate: &Estimate, margin: f64) -> String {
    match (estimate.limit(), estimate.safe_pods(margin)) {
        (Some(Limit::Refused), _) => "Change what the pod asks for, or the limit range that refuses it.".to_owned(),
        (Some(Limit::Quota { object, resource }), Some(0)) => {
            format!("Raise {resource} of {object}, or free some of it, before adding pods.")
        }
        (Some(Limit::NoNode), _) => "No node takes such a pod: look at why nodes are kept out.".to_owned(),
        (_, Some(0)) => "Add nodes, or lower requests, before adding pods.".to_owned(),
        (_, Some(safe)) => format!("Add up to {safe}."),
        (_, None) => "Nothing can be recommended: what bounds it was not seen.".to_owned(),
    }
}

fn text(structured: &Capacity, estimate: &Estimate) -> String {
    let mut text = structured.recommended_limit.explanation.clone();
    if let Some(first) = text.get(..1) {
        text = format!("{}{}", first.to_uppercase(), text.get(1..).unwrap_or_default());
    }
    for line in lines(estimate) {
        text.push_str(&format!("\n{line}"));
    }
    let PodEstimates { small, medium, large, custom } = &structured.pod_estimates;
    for (name, it) in [("small", small), ("medium", medium), ("large", large)] {
        text.push_str(&format!("\nProfile {name}{}", estimate_words(it)));
    }
    if let Some(custom) = custom {
        text.push_str(&format!("\nProfile custom{}", estimate_words(custom)));
    }
    if let Some(usage) = &structured.current_usage {
        let percent = |percent: Option<i64>| percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
        text.push_str(&format!(
            "\nRequested now: {} pods, {} CPU{}, {} memory{}",
            usage.pod_count,
            usage.cpu.as_deref().unwrap_or("0"),
            percent(usage.cpu_percent),
            usage.memory.as_deref().unwrap_or("0"),
            percent(usage.memory_percent)
        ));
    }
    if let Some(trending) = &structured.trending {
        text.push_str(&trend::lines(trending));
    }
    for missing in structured.not_seen.iter().filter(|missing| missing.starts_with(trend::SUBJECT)) {
        text.push_str(&format!("\nNot seen: {missing}"));
    }
    text.push_str(&format!("\nAs of {}. {}", structured.as_of, structured.recommendation));
    text
}

fn estimate_words(it: &PodEstimate) -> String {
    let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    format!(
        " ({}, {}): {} fit, {} safe, limit {}",
        it.cpu.as_deref().unwrap_or("no CPU"),
        it.memory.as_deref().unwrap_or("no memory"),
        number(it.max_pods),
        number(it.safe_pods),
        it.limiting_factor.as_deref().unwrap_or("unknown")
    )
}
