//! `predict-resource-usage`: what a pod, deployment, namespace or the cluster will use at a given time.

use std::time::Duration;

use cluster_health::capacity;
use cluster_health::forecast::{self, Forecast, Grid, Projection};
use cluster_health::view::View;
use cluster_health::{Cluster, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, Basis, Whose, bytes, cores, rounded};
use super::scope;
use crate::integrations::prometheus::Found;
use crate::integrations::{Away, queries};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct PredictResourceUsage;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// HH:MM in UTC (default: one hour from now); a time that has passed today means tomorrow
    #[schemars(length(min = 5, max = 5))]
    target_time: Option<String>,
    /// YYYY-MM-DD (default today), at most a week ahead
    #[schemars(length(min = 10, max = 10))]
    target_date: Option<String>,
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    #[schemars(length(min = 1, max = 253))]
    deployment: Option<String>,
    #[schemars(length(min = 1, max = 253))]
    pod: Option<String>,
    /// Default both
    metric: Option<Metric>,
    /// Follows from the other arguments where it is left out: cluster without a namespace
    scope: Option<Scope>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Metric {
    CpuUsage,
    MemoryUsage,
    #[default]
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Pod,
    Deployment,
    Namespace,
    Cluster,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// success, or partial where one of the metrics cannot be predicted
    pub status: String,
    /// pod, deployment, namespace or cluster
    pub scope: String,
    pub target: String,
    /// RFC 3339
    pub target_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Predicted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Predicted>,
    pub basis: Basis,
    /// What cannot be predicted, with the reason
    pub not_seen: Vec<String>,
    pub recommendation: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Predicted {
    /// cores or bytes
    pub unit: String,
    pub current: f64,
    pub predicted: f64,
    /// Nine in ten are to lie from low to high, judged by the same method on the days before
    pub low: f64,
    pub high: f64,
    /// Of what is there for it: allocatable of all nodes for the cluster, requests for the rest; absent where not known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_percent: Option<f64>,
    /// rising, falling or stable: the level, beside the daily season
    pub trend: String,
    pub daily_change: f64,
    /// It follows a daily season
    pub seasonal: bool,
    /// Highest expected within the next day
    pub peak_next_day: f64,
    /// RFC 3339
    pub peak_at: String,
    /// Hours of history it rests on
    pub hours: u64,
    /// On how many earlier days the method was tried for the interval
    pub trials: usize,
}

const HISTORY: Duration = Duration::from_secs(14 * 86_400);
const STEP: Duration = Duration::from_secs(1800);
const HOUR: i64 = 3600;
/// Beyond a week a daily season tells nothing.
const FURTHEST: i64 = 7 * 24 * HOUR;
/// A level that changes by less of itself in a day is stable.
const STABLE: f64 = 0.01;

impl Tool<State> for PredictResourceUsage {
    const NAME: &'static str = "predict-resource-usage";
    const TITLE: &'static str = "Predicted CPU and memory";
    const DESCRIPTION: &'static str = "How much CPU and memory will be used at a given time (forecast)? For a pod, \
        deployment, namespace or the cluster, from two weeks of measurements: daily season and trend, with an interval \
        and the peak of the next day. Needs Prometheus.";

    type Arguments = Arguments;
    type Output = Answered;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Answered>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let (namespace, deployment, pod) =
            (arguments.namespace.as_deref(), arguments.deployment.as_deref(), arguments.pod.as_deref());
        let whose = Whose { namespace, deployment, pod, label_selector: None };
        let of = whose.containers(&snapshot.cluster)?;
        let scope = scope_of(&arguments)?;
        let now = snapshot.report.as_of;
        let target = target(&arguments, now)?;
        let prometheus = measured::prometheus(state, namespace).await?;
        let metric = arguments.metric.unwrap_or_default();
        let (cpu, memory) = (queries::cpu(&of), queries::memory(&of));
        let (cpu, memory) = tokio::join!(
            async {
                let wanted = metric != Metric::MemoryUsage;
                if wanted { Some(prometheus.range(&cpu, now.minus(HISTORY), now, STEP).await) } else { None }
            },
            async {
                let wanted = metric != Metric::CpuUsage;
                if wanted { Some(prometheus.range(&memory, now.minus(HISTORY), now, STEP).await) } else { None }
            }
        );
        let there = there(&snapshot.cluster, now, &arguments);
        let mut answered = Answered {
            status: "success".to_owned(),
            scope: scope.to_owned(),
            target: whose.words(),
            target_time: target.to_string(),
            cpu: None,
            memory: None,
            basis: Basis { as_of: now.to_string(), hours_asked: HISTORY.as_secs() / 3600, ..Basis::default() },
            not_seen: Vec::new(),
            recommendation: String::new(),
        };
        let mut last = None;
        for (what, found) in [("CPU", cpu), ("memory", memory)] {
            let Some(found) = found else { continue };
            let share = there.map(|(cpu, memory)| if what == "CPU" { cpu } else { memory });
            match predicted(what, found, now, target, share, &mut answered.basis) {
                Ok(one) if what == "CPU" => answered.cpu = Some(one),
                Ok(one) => answered.memory = Some(one),
                Err(reason) => {
                    answered.not_seen.push(format!("{what}: {reason}"));
                    last = Some(reason);
                }
            }
        }
        if let (None, None, Some(reason)) = (&answered.cpu, &answered.memory, last) {
            return Err(ToolError::Away { what: format!("Usage of {}", whose.words()), reason });
        }
        if !answered.not_seen.is_empty() || !answered.basis.gaps.is_empty() {
            "partial".clone_into(&mut answered.status);
        }
        answered.recommendation = recommendation(&answered);
        Ok(Answer { text: text(&answered), structured: answered })
    }
}

fn scope_of(arguments: &Arguments) -> Result<&'static str, ToolError> {
    let Arguments { namespace, deployment, pod, scope, .. } = arguments;
    let found = match (pod, deployment, namespace) {
        (Some(_), ..) => Scope::Pod,
        (_, Some(_), _) => Scope::Deployment,
        (.., Some(_)) => Scope::Namespace,
        _ => Scope::Cluster,
    };
    let words = |scope| match scope {
        Scope::Pod => "pod",
        Scope::Deployment => "deployment",
        Scope::Namespace => "namespace",
        Scope::Cluster => "cluster",
    };
    match scope {
        Some(asked) if *asked != found => Err(ToolError::argument(
            "scope",
            words(*asked),
            "pod with namespace and pod, deployment with namespace and deployment, namespace with namespace, cluster with none",
        )),
        _ => Ok(words(found)),
    }
}

/// When is meant; always ahead.
fn target(arguments: &Arguments, now: Time) -> Result<Time, ToolError> {
    let Arguments { target_time, target_date, .. } = arguments;
    if target_time.is_none() && target_date.is_none() {
        return Ok(now.plus(Duration::from_secs(3600)));
    }
    let today = now.to_string().get(..10).unwrap_or_default().to_owned();
    let (date, time) = (target_date.as_deref().unwrap_or(&today), target_time.as_deref().unwrap_or("00:00"));
    let at = Time::parse(&format!("{date}T{time}:00Z")).ok_or_else(|| match target_date {
        Some(date) if Time::parse(&format!("{date}T00:00:00Z")).is_none() => {
            ToolError::argument("target_date", date, "a day such as 2026-11-25")
        }
        _ => ToolError::argument("target_time", time, "a time in UTC such as 17:30"),
    })?;
    let day = Duration::from_secs(86_400);
    let at = if at <= now && target_date.is_none() { at.plus(day) } else { at };
    if at <= now || at.unix() - now.unix() > FURTHEST {
        return Err(ToolError::argument("target_date", date, format!("a time after {now} and at most a week ahead")));
    }
    Ok(at)
}

/// What is there of CPU (cores) and memory (bytes): of all nodes for the cluster, what the pods request for a namespace;
/// nothing for the rest.
fn there(cluster: &Cluster, now: Time, arguments: &Arguments) -> Option<(f64, f64)> {
    if arguments.pod.is_some() || arguments.deployment.is_some() {
        return None;
    }
    let usage = capacity::usage(&View::new(cluster, now), arguments.namespace.as_deref())?;
    let amounts = if arguments.namespace.is_some() { usage.requests } else { usage.allocatable? };
    let number = |amount: Option<cluster_health::quantity::Quantity>| amount.map(|it| it.millis() as f64 / 1000.0);
    Some((number(amounts.cpu)?, number(amounts.memory)?))
}

fn predicted(
    what: &str,
    found: Result<Found, Away>,
    now: Time,
    target: Time,
    there: Option<f64>,
    basis: &mut Basis,
) -> Result<Predicted, String> {
    let found = found.map_err(|away| away.to_string())?;
    basis.gaps.extend(found.warnings);
    let series = found.series.first().filter(|series| !series.points.is_empty());
    let series = series.ok_or("Prometheus has no such measurements within two weeks")?;
    if series.unusable > 0 {
        basis.gaps.push(format!("{what}: {} values are no numbers", series.unusable));
    }
    let grid = Grid::of(&series.points, STEP.as_secs() as i64);
    if now.unix() - grid.end() > 2 * HOUR {
        return Err(format!("nothing was measured since {}", Time::from_unix(grid.end())));
    }
    let hours = u64::try_from((target.unix() - grid.end() + HOUR - 1) / HOUR).unwrap_or(1).max(25);
    let forecast = forecast::forecast(&grid, hours).map_err(|too_little| too_little.to_string())?;
    basis.hours_found = Some(basis.hours_found.map_or(forecast.hours, |hours| hours.min(forecast.hours)));
    let point = forecast.points.iter().min_by_key(|point| (point.at - target.unix()).abs()).copied();
    let point = point.ok_or("the forecast is empty")?;
    let current = series.last().unwrap_or(0.0);
    Ok(shown(what, current, point, &forecast, there))
}

fn shown(what: &str, current: f64, point: Projection, forecast: &Forecast, there: Option<f64>) -> Predicted {
    let percent = |value: f64| there.filter(|there| *there > 0.0).map(|there| rounded(100.0 * value / there));
    let day = forecast.points.iter().take(48);
    let peak = day.max_by(|a, b| a.value.total_cmp(&b.value)).copied().unwrap_or(point);
    // Nothing uses less than nothing
    let least = |value: f64| rounded(value.max(0.0));
    Predicted {
        unit: if what == "CPU" { "cores" } else { "bytes" }.to_owned(),
        current: rounded(current),
        predicted: least(point.value),
        low: least(point.low),
        high: least(point.high),
        current_percent: percent(current),
        predicted_percent: percent(point.value.max(0.0)),
        trend: match forecast.daily_change {
            change if change.abs() <= STABLE * current.abs() => "stable",
            change if change > 0.0 => "rising",
            _ => "falling",
        }
        .to_owned(),
        daily_change: rounded(forecast.daily_change),
        seasonal: forecast.seasonal,
        peak_next_day: least(peak.value),
        peak_at: Time::from_unix(peak.at).to_string(),
        hours: forecast.hours,
        trials: forecast.trials,
    }
}

fn recommendation(answered: &Answered) -> String {
    let over = |one: &Option<Predicted>| one.as_ref().and_then(|one| one.predicted_percent).is_some_and(|it| it > 85.0);
    match (over(&answered.cpu), over(&answered.memory), &*answered.scope) {
        (false, false, _) => "Nothing has to be done for it.".to_owned(),
        (_, _, "cluster") => {
            "More than 85% of what the nodes offer is expected: calculate-pod-capacity says what still fits.".to_owned()
        }
        _ => "More than 85% of what is requested is expected: get-rightsizing-recommendations says what to request."
            .to_owned(),
    }
}

fn text(answered: &Answered) -> String {
    let mut text = format!("Expected for {} at {}:", answered.target, answered.target_time);
    for (what, one) in [("CPU", &answered.cpu), ("Memory", &answered.memory)] {
        let Some(one) = one else { continue };
        let words = if one.unit == "cores" { cores } else { bytes };
        let percent = |percent: Option<f64>| percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
        let season = if one.seasonal { "with a daily season" } else { "no daily season" };
        text.push_str(&format!(
            "\n{what}: {}{}, 90% between {} and {}; now {}{}; {} ({} a day), {season}; next day's peak {} at {}; {} h of history, tried on {} earlier days",
            words(one.predicted),
            percent(one.predicted_percent),
            words(one.low),
            words(one.high),
            words(one.current),
            percent(one.current_percent),
            one.trend,
            words(one.daily_change),
            words(one.peak_next_day),
            one.peak_at,
            one.hours,
            one.trials
        ));
    }
    for not_seen in &answered.not_seen {
        text.push_str(&format!("\nNot predicted: {not_seen}"));
    }
    format!("{text}\n{} {}", answered.basis.words(), answered.recommendation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: Option<&str>, date: Option<&str>) -> Result<String, String> {
        let arguments = Arguments {
            target_time: time.map(str::to_owned),
            target_date: date.map(str::to_owned),
            namespace: None,
            deployment: None,
            pod: None,
            metric: None,
            scope: None,
        };
        let now = Time::parse("2026-11-18T23:30:00Z").unwrap();
        target(&arguments, now).map(|at| at.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_time_asked_for_is_always_ahead() {
        assert_eq!(at(None, None).unwrap(), "2026-11-19T00:30:00Z");
        assert_eq!(at(Some("23:45"), None).unwrap(), "2026-11-18T23:45:00Z");
        assert_eq!(at(Some("08:00"), None).unwrap(), "2026-11-19T08:00:00Z");
        assert_eq!(at(Some("08:00"), Some("2026-11-20")).unwrap(), "2026-11-20T08:00:00Z");
        for (time, date, word) in [
            (Some("25:00"), None, "target_time"),
            (Some("8 am!"), None, "target_time"),
            (None, Some("2026-13-01"), "target_date"),
            (None, Some("2026-11-18"), "ahead"),
            (None, Some("2027-11-18"), "week"),
        ] {
            assert!(at(time, date).unwrap_err().contains(word), "{time:?} {date:?}");
        }
    }
}
