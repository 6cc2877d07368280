//! `get-rightsizing-recommendations`: what containers request and what they use.

mod sizing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_health::model::pod::Container;
use cluster_health::ordered::Ordered;
use cluster_health::view::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::sizing::{Sizing, Use};
use super::get_throttled_pods::workload;
use super::measured::{self, Basis, Whose, bytes, cores, rounded};
use super::scope;
use super::shapes::amounts::memory;
use crate::integrations::prometheus::Found;
use crate::integrations::queries;
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct GetRightsizingRecommendations;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Only containers of this namespace; without one, a large cluster may take longer than Prometheus is given
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// Only this pod of the namespace
    #[schemars(length(min = 1, max = 253))]
    pod: Option<String>,
    /// How far back to look (default 7d)
    window: Option<Window>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
enum Window {
    #[default]
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "14d")]
    TwoWeeks,
    #[serde(rename = "30d")]
    Month,
    #[serde(rename = "90d")]
    Quarter,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// success, or partial where Prometheus says that something is missing
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// Such as 7d
    pub analysis_window: String,
    /// What is too small first, then what wastes most
    pub recommendations: Vec<Row>,
    pub total: usize,
    pub over_provisioned_count: usize,
    pub under_provisioned_count: usize,
    pub right_sized_count: usize,
    /// Containers measured for less than a day: nothing is recommended for them
    pub not_enough_history_count: usize,
    pub basis: Basis,
    pub message: String,
    pub recommendation: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    pub namespace: String,
    /// Of the workload's pods the one that used most
    pub pod: String,
    pub container: String,
    /// What the pods belong to; absent where they are gone
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// How many pods of it were measured
    pub pods: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_cpu_request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_cpu_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_cpu_usage_cores: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_cpu_usage_cores: Option<f64>,
    /// The P95, rounded up
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_cpu_request: Option<String>,
    /// The peak, rounded up; only where there is a limit
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_cpu_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_memory_request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_memory_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_memory_usage_bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory_usage_bytes: Option<f64>,
    /// The P95, rounded up
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_memory_request: Option<String>,
    /// The peak and a fifth; half more than the present limit where it was killed for reaching it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_memory_limit: Option<String>,
    /// over-provisioned, under-provisioned, right-sized, no-request or unknown
    pub cpu_sizing: String,
    pub memory_sizing: String,
    /// It was killed for its memory within the window
    pub oom_killed: bool,
    /// Hours of the window in which it was measured
    pub hours: u64,
}

/// Less says nothing of tonight.
const LEAST_HOURS: u64 = 24;
const SHOWN: usize = 30;
const P95: f64 = 0.95;

impl Window {
    fn days(self) -> u64 {
        match self {
            Window::Week => 7,
            Window::TwoWeeks => 14,
            Window::Month => 30,
            Window::Quarter => 90,
        }
    }

    fn length(self) -> Duration {
        Duration::from_secs(self.days() * 86_400)
    }

    /// Some two to four thousand looks at each container.
    fn step(self) -> Duration {
        Duration::from_secs(match self {
            Window::Week | Window::TwoWeeks => 300,
            Window::Month => 900,
            Window::Quarter => 3600,
        })
    }
}

impl Tool<State> for GetRightsizingRecommendations {
    const NAME: &'static str = "get-rightsizing-recommendations";
    const TITLE: &'static str = "Right-sizing";
    const DESCRIPTION: &'static str = "What should containers request? Compares CPU and memory requests and limits with \
        what was used over days (P95 and peak per container, OOM kills), and recommends requests and limits: what is \
        over-provisioned (wasted) and what is under-provisioned. Needs Prometheus.";

    type Arguments = Arguments;
    type Output = Answered;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Answered>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let (namespace, pod) = (arguments.namespace.as_deref(), arguments.pod.as_deref());
        let whose = Whose { namespace, pod, deployment: None, label_selector: None };
        let of = whose.containers(&snapshot.cluster)?;
        let prometheus = measured::prometheus(state, namespace).await?;
        let (window, now) = (arguments.window.unwrap_or_default(), snapshot.report.as_of);
        let (length, step) = (window.length(), window.step());
        let ask = [
            queries::cpu_quantile(&of, P95, length, step),
            queries::cpu_peak(&of, length, step),
            queries::memory_quantile(&of, P95, length, step),
            queries::memory_peak(&of, length),
            queries::measured_hours(&of, length),
            queries::killed_for_memory(&of, length),
        ];
        let [cpu, cpu_peak, memory, memory_peak, hours, killed] = &ask;
        let asked = tokio::try_join!(
            prometheus.at(cpu, now),
            prometheus.at(cpu_peak, now),
            prometheus.at(memory, now),
            prometheus.at(memory_peak, now),
            prometheus.at(hours, now),
            prometheus.at(killed, now),
        );
        let (cpu, cpu_peak, memory, memory_peak, hours, killed) = asked.map_err(measured::away("Right-sizing"))?;
        let mut uses: Uses = BTreeMap::new();
        add(&mut uses, &cpu, |one, value| one.cpu = Some(value));
        add(&mut uses, &cpu_peak, |one, value| one.cpu_peak = Some(value));
        add(&mut uses, &memory, |one, value| one.memory = Some(value));
        add(&mut uses, &memory_peak, |one, value| one.memory_peak = Some(value));
        add(&mut uses, &hours, |one, value| one.hours = value as u64);
        add(&mut uses, &killed, |one, _| one.killed = true);
        if uses.is_empty() {
            return Err(ToolError::Away {
                what: "Right-sizing".to_owned(),
                reason: format!("Prometheus has no measurements of containers of {}", whose.words()),
            });
        }
        let view = View::new(&snapshot.cluster, now);
        let rows = rows(&view, uses);
        let gaps = cpu.warnings.iter().chain(&memory.warnings).cloned().collect();
        let basis = Basis { as_of: now.to_string(), hours_asked: window.days() * 24, hours_found: None, gaps };
        let structured = answered(&arguments, window, rows, basis);
        Ok(Answer { text: text(&structured), structured })
    }
}

/// Namespace, pod and container; or in place of the pod what it belongs to.
type Measured = ([String; 3], Use);

type Uses = BTreeMap<[String; 3], Use>;

fn add(uses: &mut Uses, found: &Found, put: impl Fn(&mut Use, f64)) {
    for series in &found.series {
        let key = ["namespace", "pod", "container"].map(|label| series.label(label).to_owned());
        if let Some(value) = series.last().filter(|_| !key[2].is_empty()) {
            put(uses.entry(key).or_default(), value);
        }
    }
}

/// The pods of a workload get one size: what the one that uses most needs.
fn rows(view: &View, uses: Uses) -> Vec<Row> {
    let mut groups: BTreeMap<[String; 3], Vec<Measured>> = BTreeMap::new();
    for (key, one) in uses {
        let [namespace, pod, container] = key.clone();
        let owner = workload(view, &namespace, &pod).map_or(pod, |it| format!("{} {}", it.kind, it.name));
        groups.entry([namespace, owner, container]).or_default().push((key, one));
    }
    let mut rows: Vec<Row> = groups.into_values().filter_map(|group| row(view, &group)).collect();
    rows.put_in_order_by(|a, b| {
        let key = |row: &Row| {
            let rank = |word: &str| match word {
                "under-provisioned" => 0,
                "no-request" => 1,
                "over-provisioned" => 2,
                "right-sized" => 3,
                _ => 4,
            };
            (!row.oom_killed, rank(&row.memory_sizing).min(rank(&row.cpu_sizing)))
        };
        let place = |row: &Row| (row.namespace.clone(), row.pod.clone(), row.container.clone());
        key(a)
            .cmp(&key(b))
            .then_with(|| b.p95_memory_usage_bytes.unwrap_or(0.0).total_cmp(&a.p95_memory_usage_bytes.unwrap_or(0.0)))
            .then_with(|| place(a).cmp(&place(b)))
    });
    rows
}

fn row(view: &View, group: &[Measured]) -> Option<Row> {
    let ([namespace, pod, container], _) =
        group.iter().max_by(|a, b| a.1.memory_peak.unwrap_or(0.0).total_cmp(&b.1.memory_peak.unwrap_or(0.0)))?;
    let used = group.iter().map(|(_, one)| one).fold(Use::default(), |all, one| all.most(one));
    let spec = spec(view, namespace, pod, container);
    let sizing = Sizing::of(&used, spec, LEAST_HOURS);
    let known = |value: Option<f64>| value.map(rounded);
    Some(Row {
        workload: workload(view, namespace, pod).map(|it| format!("{} {}", it.kind, it.name)),
        pods: group.iter().map(|([_, pod, _], _)| pod).collect::<BTreeSet<_>>().len(),
        current_cpu_request: spec.and_then(|spec| spec.requests.cpu).map(|it| it.to_string()),
        current_cpu_limit: spec.and_then(|spec| spec.limits.cpu).map(|it| it.to_string()),
        p95_cpu_usage_cores: known(used.cpu),
        peak_cpu_usage_cores: known(used.cpu_peak),
        recommended_cpu_request: sizing.cpu_request.map(|it| it.to_string()),
        recommended_cpu_limit: sizing.cpu_limit.map(|it| it.to_string()),
        current_memory_request: spec.and_then(|spec| spec.requests.memory).map(memory),
        current_memory_limit: spec.and_then(|spec| spec.limits.memory).map(memory),
        p95_memory_usage_bytes: used.memory.map(f64::round),
        peak_memory_usage_bytes: used.memory_peak.map(f64::round),
        recommended_memory_request: sizing.memory_request.map(memory),
        recommended_memory_limit: sizing.memory_limit.map(memory),
        cpu_sizing: sizing.cpu.to_owned(),
        memory_sizing: sizing.memory.to_owned(),
        oom_killed: used.killed,
        hours: used.hours,
        namespace: namespace.clone(),
        pod: pod.clone(),
        container: container.clone(),
    })
}

fn spec<'a>(view: &View<'a>, namespace: &str, pod: &str, container: &str) -> Option<&'a Container> {
    let template = &view.cluster.pods.get(namespace, pod)?.template;
    template.containers.iter().chain(&template.init_containers).find(|one| one.name == *container)
}

fn answered(arguments: &Arguments, window: Window, mut rows: Vec<Row>, basis: Basis) -> Answered {
    let is = |row: &&Row, word: &str| row.cpu_sizing == word || row.memory_sizing == word;
    let under = rows.iter().filter(|row| is(row, "under-provisioned") || row.oom_killed).count();
    let over =
        rows.iter().filter(|row| is(row, "over-provisioned") && !is(row, "under-provisioned") && !row.oom_killed);
    let over = over.count();
    let right = rows.iter().filter(|row| row.cpu_sizing == "right-sized" && row.memory_sizing == "right-sized").count();
    let short = rows.iter().filter(|row| row.hours < LEAST_HOURS).count();
    let total = rows.len();
    rows.truncate(SHOWN);
    let days = window.days();
    Answered {
        status: if basis.gaps.is_empty() { "success" } else { "partial" }.to_owned(),
        namespace: arguments.namespace.clone(),
        pod: arguments.pod.clone(),
        analysis_window: format!("{days}d"),
        message: format!(
            "Of {total} containers, {under} have too little, {over} have more than they use, {right} are right; {short} were measured for less than {LEAST_HOURS} hours."
        ),
        recommendation: match (under, over) {
            (0, 0) => "Nothing has to be changed.".to_owned(),
            (0, _) => "Lower the requests of what wastes most.".to_owned(),
            _ => "Raise what is too small first: it is what fails.".to_owned(),
        },
        recommendations: rows,
        total,
        over_provisioned_count: over,
        under_provisioned_count: under,
        right_sized_count: right,
        not_enough_history_count: short,
        basis,
    }
}

fn text(answered: &Answered) -> String {
    let mut text = answered.message.clone();
    for row in &answered.recommendations {
        let unset = || "unset".to_owned();
        let or = |text: &Option<String>| text.clone().unwrap_or_else(unset);
        let workload =
            row.workload.as_ref().map(|workload| format!(" ({workload}, {} pods)", row.pods)).unwrap_or_default();
        text.push_str(&format!("\n{}/{} container {}{workload}:", row.namespace, row.pod, row.container));
        if row.oom_killed {
            text.push_str(" KILLED FOR MEMORY;");
        }
        let used = |p95: Option<f64>, peak: Option<f64>, shown: fn(f64) -> String| match (p95, peak) {
            (Some(p95), peak) => format!("P95 {}, peak {}", shown(p95), peak.map_or_else(|| "?".to_owned(), shown)),
            _ => "not measured".to_owned(),
        };
        let to = |request: &Option<String>, limit: &Option<String>| match (request, limit) {
            (None, None) => String::new(),
            (request, None) => format!(" -> request {}", or(request)),
            (request, limit) => format!(" -> request {}, limit {}", or(request), or(limit)),
        };
        text.push_str(&format!(
            " CPU {}: request {}, limit {}, {}{}; memory {}: request {}, limit {}, {}{}; {} h",
            row.cpu_sizing,
            or(&row.current_cpu_request),
            or(&row.current_cpu_limit),
            used(row.p95_cpu_usage_cores, row.peak_cpu_usage_cores, cores),
            to(&row.recommended_cpu_request, &row.recommended_cpu_limit),
            row.memory_sizing,
            or(&row.current_memory_request),
            or(&row.current_memory_limit),
            used(row.p95_memory_usage_bytes, row.peak_memory_usage_bytes, bytes),
            to(&row.recommended_memory_request, &row.recommended_memory_limit),
            row.hours,
        ));
    }
    if answered.total > answered.recommendations.len() {
        text.push_str(&format!(
            "\n… and {} more: name a namespace or pod",
            answered.total - answered.recommendations.len()
        ));
    }
    format!("{text}\n{} {}", answered.basis.words(), answered.recommendation)
}
