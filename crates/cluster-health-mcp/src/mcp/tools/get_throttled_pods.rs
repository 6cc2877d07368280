//! `get-throttled-pods`: containers that their CPU limit holds back.

use cluster_health::Cluster;
use cluster_health::model::ObjectRef;
use cluster_health::ordered::Ordered;
use cluster_health::view::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, Basis, Whose, rounded};
use super::scope;
use crate::integrations::prometheus::Series;
use crate::integrations::queries;
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct GetThrottledPods;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// Only pods of this Deployment of the namespace
    #[schemars(length(min = 1, max = 253))]
    deployment: Option<String>,
    /// Only this pod of the namespace
    #[schemars(length(min = 1, max = 253))]
    pod: Option<String>,
    /// Only containers throttled in more than this percent of their periods (default 25)
    #[schemars(range(min = 0, max = 100))]
    threshold_pct: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// success, or partial where Prometheus says that something is missing
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub threshold_pct: f64,
    /// The worst first
    pub throttled_pods: Vec<Row>,
    /// Containers above the threshold
    pub total_throttled: usize,
    /// Containers that have a CPU limit and ran; others cannot be throttled
    pub looked_at: u64,
    pub basis: Basis,
    pub message: String,
    pub recommendation: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    pub namespace: String,
    pub pod: String,
    pub container: String,
    /// What the pod belongs to, such as Deployment web; absent where the pod is gone
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// Share of the scheduling periods of the last hour in which it was held back
    pub throttle_rate_pct: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_limit: Option<String>,
    /// critical from 75, high from 50, else medium
    pub severity: String,
}

const DEFAULT_PERCENT: f64 = 25.0;
/// What is asked for; more than so many are one finding, not many.
const ROWS: usize = 100;
const SHOWN: usize = 30;

impl Tool<State> for GetThrottledPods {
    const NAME: &'static str = "get-throttled-pods";
    const TITLE: &'static str = "Throttled containers";
    const DESCRIPTION: &'static str = "Which pods are slowed down by their CPU limit (CPU throttling)? For each \
        container the share of scheduling periods of the last hour in which it was throttled, the worst first. Needs \
        Prometheus.";

    type Arguments = Arguments;
    type Output = Answered;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Answered>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let Arguments { namespace, deployment, pod, threshold_pct } = &arguments;
        let whose = Whose {
            namespace: namespace.as_deref(),
            deployment: deployment.as_deref(),
            pod: pod.as_deref(),
            label_selector: None,
        };
        let containers = whose.containers(&snapshot.cluster)?;
        let prometheus = measured::prometheus(state, whose.namespace).await?;
        let (now, threshold) = (snapshot.report.as_of, threshold_pct.unwrap_or(DEFAULT_PERCENT));
        let (throttled, limited) =
            (queries::throttled(&containers, threshold / 100.0, ROWS), queries::limited(&containers));
        let asked = tokio::try_join!(prometheus.at(&throttled, now), prometheus.at(&limited, now));
        let (throttled, limited) = asked.map_err(measured::away("Throttling"))?;
        let looked_at = limited.series.first().and_then(Series::last).unwrap_or(0.0) as u64;
        if looked_at == 0 {
            return Err(ToolError::Away {
                what: "Throttling".to_owned(),
                reason: format!(
                    "Prometheus has no CPU periods (container_cpu_cfs_periods_total) of {} within the last hour: nothing \
                     there has a CPU limit, or nothing is measured",
                    whose.words()
                ),
            });
        }
        let view = View::new(&snapshot.cluster, now);
        let mut rows: Vec<Row> = throttled.series.iter().filter_map(|series| row(&view, series)).collect();
        rows.put_in_order_by(|a, b| {
            let key = |row: &Row| (row.namespace.clone(), row.pod.clone(), row.container.clone());
            b.throttle_rate_pct.total_cmp(&a.throttle_rate_pct).then_with(|| key(a).cmp(&key(b)))
        });
        let mut gaps = throttled.warnings.clone();
        if rows.len() >= ROWS {
            gaps.push(format!("only the worst {ROWS} were asked for"));
        }
        let basis = Basis { as_of: now.to_string(), hours_asked: 1, hours_found: None, gaps };
        let structured = Answered {
            status: if basis.gaps.is_empty() { "success" } else { "partial" }.to_owned(),
            message: message(&whose, &rows, threshold, looked_at),
            recommendation: recommendation(&rows),
            total_throttled: rows.len(),
            throttled_pods: rows.into_iter().take(SHOWN).collect(),
            namespace: arguments.namespace.clone(),
            threshold_pct: threshold,
            looked_at,
            basis,
        };
        Ok(Answer { text: text(&structured), structured })
    }
}

fn row(view: &View, series: &Series) -> Option<Row> {
    let percent = rounded(series.last()? * 100.0).clamp(0.0, 100.0);
    let [namespace, pod, container] = ["namespace", "pod", "container"].map(|label| series.label(label).to_owned());
    Some(Row {
        workload: workload(view, &namespace, &pod).map(|it| format!("{} {}", it.kind, it.name)),
        cpu_limit: limit(view.cluster, &namespace, &pod, &container),
        severity: match percent {
            percent if percent >= 75.0 => "critical",
            percent if percent >= 50.0 => "high",
            _ => "medium",
        }
        .to_owned(),
        throttle_rate_pct: percent,
        namespace,
        pod,
        container,
    })
}

/// Nothing where the pod is gone.
pub(super) fn workload(view: &View, namespace: &str, pod: &str) -> Option<ObjectRef> {
    Some(view.workload(view.cluster.pods.get(namespace, pod)?))
}

fn limit(cluster: &Cluster, namespace: &str, pod: &str, container: &str) -> Option<String> {
    let containers = &cluster.pods.get(namespace, pod)?.template.containers;
    Some(containers.iter().find(|one| one.name == *container)?.limits.cpu?.to_string())
}

fn message(whose: &Whose, rows: &[Row], threshold: f64, looked_at: u64) -> String {
    match rows.first() {
        None => format!(
            "No container of {} was throttled in more than {threshold}% of its periods; {looked_at} with a CPU limit were looked at.",
            whose.words()
        ),
        Some(worst) => format!(
            "{} of {looked_at} containers with a CPU limit were throttled in more than {threshold}% of their periods; worst: {}/{} container {} with {}%.",
            rows.len(),
            worst.namespace,
            worst.pod,
            worst.container,
            worst.throttle_rate_pct
        ),
    }
}

fn recommendation(rows: &[Row]) -> String {
    match rows.first() {
        None => "Nothing has to be done.".to_owned(),
        Some(worst) => format!(
            "Raise or remove the CPU limit of what is slow for it, the worst first; get-rightsizing-recommendations with namespace {} says what it uses.",
            worst.namespace
        ),
    }
}

fn text(answered: &Answered) -> String {
    let mut text = answered.message.clone();
    for row in &answered.throttled_pods {
        let limit = row.cpu_limit.as_ref().map(|limit| format!(", CPU limit {limit}")).unwrap_or_default();
        let workload = row.workload.as_ref().map(|workload| format!(" ({workload})")).unwrap_or_default();
        text.push_str(&format!(
            "\n{} {}/{} container {}: {}%{limit}{workload}",
            row.severity.to_uppercase(),
            row.namespace,
            row.pod,
            row.container,
            row.throttle_rate_pct
        ));
    }
    if answered.total_throttled > answered.throttled_pods.len() {
        text.push_str(&format!("\n… and {} more", answered.total_throttled - answered.throttled_pods.len()));
    }
    format!("{text}\n{} {}", answered.basis.words(), answered.recommendation)
}
