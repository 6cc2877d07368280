//! `analyze-anomalies`: what in a measurement is out of the ordinary.

use std::time::Duration;

use cluster_health::Time;
use cluster_health::forecast::{self, Anomaly, Grid, Scan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, Basis, Whose, bytes, cores, rounded};
use super::scope;
use crate::integrations::promql::Query;
use crate::integrations::queries::{self, Containers};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct AnalyzeAnomalies;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    metric: Metric,
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// Only one of deployment, pod and label_selector
    #[schemars(length(min = 1, max = 253))]
    deployment: Option<String>,
    #[schemars(length(min = 1, max = 253))]
    pod: Option<String>,
    /// Such as app=web,tier!=cache; of pods there are now
    #[schemars(length(min = 1, max = 1000))]
    label_selector: Option<String>,
    /// Which past is judged (default 1h); the days before it say what is ordinary
    time_range: Option<Range>,
    /// Only anomalies that score higher, from 0 to 1 (default 0.3, some five standard deviations)
    #[schemars(range(min = 0, max = 1))]
    threshold: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Metric {
    CpuUsage,
    MemoryUsage,
    NetworkReceive,
    NetworkTransmit,
    DiskIo,
    Restarts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
enum Range {
    #[default]
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "6h")]
    SixHours,
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "7d")]
    Week,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// success, or partial where Prometheus says that something is missing
    pub status: String,
    pub metric: String,
    pub time_range: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<String>,
    /// What is judged, in words
    pub filter_target: String,
    /// How it is judged
    pub model_used: String,
    pub threshold: f64,
    /// The newest first; neighbours in time are one
    pub anomalies: Vec<Episode>,
    /// Values above the threshold
    pub anomaly_count: usize,
    /// Values that were judged
    pub looked_at: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_score: Option<f64>,
    pub basis: Basis,
    pub message: String,
    pub recommendation: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Episode {
    /// Of its worst value, RFC 3339
    pub timestamp: String,
    pub metric_name: String,
    pub value: f64,
    pub expected: f64,
    /// Standard deviations of the ordinary from what is expected
    pub deviations: f64,
    pub anomaly_score: f64,
    /// critical, high or medium
    pub severity: String,
    /// RFC 3339
    pub from: String,
    pub until: String,
    pub explanation: String,
}

const DEFAULT_THRESHOLD: f64 = 0.3;
const SHOWN: usize = 20;

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Metric::CpuUsage => "cpu_usage",
            Metric::MemoryUsage => "memory_usage",
            Metric::NetworkReceive => "network_receive",
            Metric::NetworkTransmit => "network_transmit",
            Metric::DiskIo => "disk_io",
            Metric::Restarts => "restarts",
        }
    }

    fn query(self, of: &Containers) -> Query {
        match self {
            Metric::CpuUsage => queries::cpu(of),
            Metric::MemoryUsage => queries::memory(of),
            Metric::NetworkReceive => queries::received(of),
            Metric::NetworkTransmit => queries::sent(of),
            Metric::DiskIo => queries::disk_traffic(of),
            Metric::Restarts => queries::restarts(of),
        }
    }

    fn shown(self, value: f64) -> String {
        match self {
            Metric::CpuUsage => format!("{} CPU", cores(value)),
            Metric::MemoryUsage => bytes(value),
            Metric::Restarts => format!("{value:.0} restarts an hour"),
            _ => format!("{}/s", bytes(value)),
        }
    }
}

impl Range {
    fn word(self) -> &'static str {
        match self {
            Range::Hour => "1h",
            Range::SixHours => "6h",
            Range::Day => "24h",
            Range::Week => "7d",
        }
    }

    fn length(self) -> Duration {
        Duration::from_secs(
            3600 * match self {
                Range::Hour => 1,
                Range::SixHours => 6,
                Range::Day => 24,
                Range::Week => 168,
            },
        )
    }

    /// How much is asked for, with what says what is ordinary; and how far apart.
    fn history(self) -> (Duration, Duration) {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        match self {
            Range::Week => (days(28), Duration::from_secs(1800)),
            _ => (days(7), Duration::from_secs(300)),
        }
    }
}

impl Tool<State> for AnalyzeAnomalies {
    const NAME: &'static str = "analyze-anomalies";
    const TITLE: &'static str = "Anomalies";
    const DESCRIPTION: &'static str = "Is anything unusual in CPU, memory, network, disk I/O or restarts? Compares the last \
        hours of a namespace, deployment, pod, pods with given labels or the cluster with the days before (daily season \
        and level) and lists anomalies with score, expected value and time. Needs Prometheus.";

    type Arguments = Arguments;
    type Output = Answered;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Answered>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let whose = Whose {
            namespace: arguments.namespace.as_deref(),
            deployment: arguments.deployment.as_deref(),
            pod: arguments.pod.as_deref(),
            label_selector: arguments.label_selector.as_deref(),
        };
        let of = whose.containers(&snapshot.cluster)?;
        let prometheus = measured::prometheus(state, whose.namespace).await?;
        let (now, range) = (snapshot.report.as_of, arguments.time_range.unwrap_or_default());
        let (history, step) = range.history();
        let query = arguments.metric.query(&of);
        let found = prometheus.range(&query, now.minus(history), now, step).await;
        let found = found.map_err(measured::away("Anomalies"))?;
        let refuse = |reason: String| ToolError::Away { what: format!("Anomalies of {}", whose.words()), reason };
        let series = found.series.first().filter(|series| !series.points.is_empty());
        let series = series.ok_or_else(|| refuse(format!("Prometheus has no {} of it", arguments.metric.name())))?;
        let grid = Grid::of(&series.points, step.as_secs() as i64);
        let from = now.minus(range.length()).unix();
        let threshold = arguments.threshold.unwrap_or(DEFAULT_THRESHOLD);
        let scan = forecast::anomalies(&grid, from, threshold).map_err(|too_little| refuse(too_little.to_string()))?;
        if scan.looked_at == 0 {
            return Err(refuse(format!("nothing was measured since {}", Time::from_unix(grid.end()))));
        }
        let mut gaps = found.warnings.clone();
        if series.unusable > 0 {
            gaps.push(format!("{} values are no numbers", series.unusable));
        }
        let basis = Basis {
            as_of: now.to_string(),
            hours_asked: history.as_secs() / 3600,
            hours_found: Some(scan.hours),
            gaps,
        };
        let structured = answered(&arguments, &whose, &scan, threshold, basis, step);
        Ok(Answer { text: text(&structured), structured })
    }
}

fn answered(
    arguments: &Arguments,
    whose: &Whose,
    scan: &Scan,
    threshold: f64,
    basis: Basis,
    step: Duration,
) -> Answered {
    let metric = arguments.metric;
    let mut episodes = episodes(metric, &scan.anomalies, step.as_secs() as i64);
    episodes.reverse();
    let scores = scan.anomalies.iter().map(|anomaly| anomaly.score);
    let count = scan.anomalies.len();
    let range = arguments.time_range.unwrap_or_default().word();
    let message = match episodes.iter().max_by(|a, b| a.anomaly_score.total_cmp(&b.anomaly_score)) {
        None => format!("Nothing unusual in {} of {} within {range}.", metric.name(), whose.words()),
        Some(worst) => format!(
            "{} unusual in {} of {} within {range}; worst: {}.",
            if episodes.len() == 1 { "One thing is".to_owned() } else { format!("{} things are", episodes.len()) },
            metric.name(),
            whose.words(),
            worst.explanation
        ),
    };
    Answered {
        status: if basis.gaps.is_empty() { "success" } else { "partial" }.to_owned(),
        metric: metric.name().to_owned(),
        time_range: range.to_owned(),
        namespace: arguments.namespace.clone(),
        deployment: arguments.deployment.clone(),
        pod: arguments.pod.clone(),
        label_selector: arguments.label_selector.clone(),
        filter_target: whose.words(),
        model_used: if scan.seasonal { "daily season and level (STL), robust" } else { "running median, robust" }
            .to_owned(),
        threshold,
        recommendation: match episodes.is_empty() {
            true => "Nothing has to be looked at.".to_owned(),
            false => "get-timeline shows what changed at that time; list-findings what is wrong now.".to_owned(),
        },
        anomalies: episodes.into_iter().take(SHOWN).collect(),
        anomaly_count: count,
        looked_at: scan.looked_at,
        max_score: scores.clone().max_by(f64::total_cmp).map(rounded),
        average_score: (count > 0).then(|| rounded(scores.sum::<f64>() / count as f64)),
        basis,
        message,
    }
}

/// Anomalies that follow each other are one.
fn episodes(metric: Metric, anomalies: &[Anomaly], step: i64) -> Vec<Episode> {
    let mut groups: Vec<Vec<Anomaly>> = Vec::new();
    for anomaly in anomalies {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| anomaly.at - last.at <= 3 * step) => group.push(*anomaly),
            _ => groups.push(vec![*anomaly]),
        }
    }
    groups.iter().filter_map(|group| episode(metric, group)).collect()
}

fn episode(metric: Metric, group: &[Anomaly]) -> Option<Episode> {
    let worst = group.iter().max_by(|a, b| a.score.total_cmp(&b.score))?;
    let at = |anomaly: &Anomaly| Time::from_unix(anomaly.at).to_string();
    let way = if worst.value > worst.expected { "above" } else { "below" };
    Some(Episode {
        timestamp: at(worst),
        metric_name: metric.name().to_owned(),
        value: rounded(worst.value),
        expected: rounded(worst.expected),
        deviations: rounded(worst.deviations),
        anomaly_score: rounded(worst.score),
        severity: match worst.score {
            score if score >= 0.8 => "critical",
            score if score >= 0.6 => "high",
            _ => "medium",
        }
        .to_owned(),
        from: at(group.first()?),
        until: at(group.last()?),
        explanation: format!(
            "{} where {} was expected, {:.0} deviations {way}, at {}",
            metric.shown(worst.value),
            metric.shown(worst.expected),
            worst.deviations,
            at(worst)
        ),
    })
}

fn text(answered: &Answered) -> String {
    let mut text = answered.message.clone();
    for episode in &answered.anomalies {
        text.push_str(&format!(
            "\n{} {} (from {} until {}), score {}",
            episode.severity.to_uppercase(),
            episode.explanation,
            episode.from,
            episode.until,
            episode.anomaly_score
        ));
    }
    format!(
        "{text}\nJudged {} values by {}. {} {}",
        answered.looked_at,
        answered.model_used,
        answered.basis.words(),
        answered.recommendation
    )
}
