//! `predict-disk-exhaustion`: when filesystems of nodes and persistent volumes will be full.

use std::collections::HashMap;
use std::time::Duration;

use cluster_health::Time;
use cluster_health::forecast::{self, Exhaustion, Grid};
use cluster_health::ordered::Ordered;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, Basis, bytes, rounded};
use super::scope;
use crate::integrations::prometheus::{Found, Series};
use crate::integrations::{Away, Prometheus, queries};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct PredictDiskExhaustion;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Only filesystems of this node
    #[schemars(length(min = 1, max = 253))]
    node: Option<String>,
    /// Only this mount point, such as /var
    #[schemars(length(min = 1, max = 1000))]
    mountpoint: Option<String>,
    /// Only persistent volumes claimed in this namespace
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// success, or partial where something that was asked for did not come
    pub status: String,
    /// The soonest full first; those that are not filling up follow
    pub results: Vec<Row>,
    /// Full within three days
    pub critical_count: usize,
    /// Full within seven
    pub warning_count: usize,
    /// Filesystems and volumes there are; those that fill up slowest are not in results
    pub looked_at: u64,
    pub basis: Basis,
    /// What was not seen, with the reason
    pub not_seen: Vec<String>,
    pub message: String,
    pub recommendation: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Of a node's filesystem
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mountpoint: Option<String>,
    /// Of a persistent volume
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    pub available_bytes: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_percent: Option<f64>,
    /// Bytes a day, the daily season taken out; absent without enough history
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_fill_rate_bytes: Option<f64>,
    /// Absent where it is not filling up
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_until_full: Option<f64>,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projected_full_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest_full_date: Option<String>,
    /// Absent where it may never be full
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_full_date: Option<String>,
    /// critical, warning, none or unknown
    pub urgency: String,
    /// Hours of history it rests on, since the last jump
    pub hours: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

const HISTORY: Duration = Duration::from_secs(14 * 86_400);
const STEP: Duration = Duration::from_secs(3600);
/// Of each sort, those that are used up soonest.
const EACH: usize = 60;
const SHOWN: usize = 25;
const CRITICAL_DAYS: f64 = 3.0;
const WARNING_DAYS: f64 = 7.0;
const DAY: f64 = 86_400.0;

impl Tool<State> for PredictDiskExhaustion {
    const NAME: &'static str = "predict-disk-exhaustion";
    const TITLE: &'static str = "When disks are full";
    const DESCRIPTION: &'static str = "When will disks be full? Predicts the date for each node filesystem and each \
        persistent volume claim (PVC) from their measured fill rate, with the earliest and latest date, the soonest \
        first. Needs Prometheus.";

    type Arguments = Arguments;
    type Output = Answered;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<Answered>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let node = measured::name("node", arguments.node.as_deref())?;
        let namespace = arguments.namespace.as_deref();
        if let Some(namespace) = namespace {
            scope::namespace(&snapshot.cluster, namespace)?;
        }
        let mountpoint = arguments.mountpoint.as_deref();
        let now = snapshot.report.as_of;
        let ask = Ask { prometheus: measured::prometheus(state, namespace).await?, now };
        let (of_nodes, of_volumes) = tokio::join!(
            async {
                let wanted = namespace.is_none();
                if wanted { Some(ask.filesystems(node, mountpoint).await) } else { None }
            },
            async {
                let wanted = node.is_none() && mountpoint.is_none();
                if wanted { Some(ask.volumes(namespace).await) } else { None }
            }
        );
        let structured = answer(now, of_nodes, of_volumes)?;
        Ok(Answer { text: text(&structured), structured })
    }
}

/// Of one sort.
struct Disks {
    left: Found,
    size: Found,
    count: u64,
}

struct Ask<'a> {
    prometheus: &'a Prometheus,
    now: Time,
}

impl Ask<'_> {
    async fn filesystems(&self, node: Option<&str>, mountpoint: Option<&str>) -> Result<Disks, Away> {
        let left = queries::filesystems_left(node, mountpoint, EACH);
        let (size, count) = (queries::filesystems_size(node, mountpoint), queries::filesystems_count(node, mountpoint));
        self.disks(&left, &size, &count).await
    }

    async fn volumes(&self, namespace: Option<&str>) -> Result<Disks, Away> {
        let left = queries::volumes_left(namespace, EACH);
        self.disks(&left, &queries::volumes_size(namespace), &queries::volumes_count(namespace)).await
    }

    async fn disks(
        &self,
        left: &crate::integrations::promql::Query,
        size: &crate::integrations::promql::Query,
        count: &crate::integrations::promql::Query,
    ) -> Result<Disks, Away> {
        let (left, size, count) = tokio::try_join!(
            self.prometheus.range(left, self.now.minus(HISTORY), self.now, STEP),
            self.prometheus.at(size, self.now),
            self.prometheus.at(count, self.now),
        )?;
        let count = count.series.first().and_then(Series::last).unwrap_or(0.0) as u64;
        Ok(Disks { left, size, count })
    }
}

fn answer(
    now: Time,
    of_nodes: Option<Result<Disks, Away>>,
    of_volumes: Option<Result<Disks, Away>>,
) -> Result<Answered, ToolError> {
    let (mut rows, mut not_seen, mut gaps, mut looked_at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut first_away = None;
    for (what, disks) in [("filesystems of nodes", of_nodes), ("persistent volumes", of_volumes)] {
        match disks {
            Some(Ok(disks)) => {
                looked_at += disks.count;
                if disks.count == 0 {
                    not_seen.push(format!("{what}: Prometheus has no such measurements"));
                }
                gaps.extend(disks.left.warnings.iter().cloned());
                rows.extend(rows_of(&disks));
            }
            Some(Err(away)) => {
                not_seen.push(format!("{what}: {away}"));
                first_away.get_or_insert(away);
            }
            None => {}
        }
    }
    if let Some(away) = first_away.filter(|_| looked_at == 0) {
        return Err(measured::away("When disks are full")(away));
    }
    rows.put_in_order_by(|a, b| {
        let key = |row: &Row| row.days_until_full.unwrap_or(f64::INFINITY);
        key(a).total_cmp(&key(b)).then_with(|| place(a).cmp(&place(b)))
    });
    let count = |urgency: &str| rows.iter().filter(|row| row.urgency == urgency).count();
    let (critical_count, warning_count) = (count("critical"), count("warning"));
    rows.truncate(SHOWN);
    let basis = Basis { as_of: now.to_string(), hours_asked: HISTORY.as_secs() / 3600, hours_found: None, gaps };
    Ok(Answered {
        status: if not_seen.is_empty() && basis.gaps.is_empty() { "success" } else { "partial" }.to_owned(),
        message: message(&rows, looked_at, critical_count, warning_count),
        recommendation: recommendation(&rows),
        results: rows,
        critical_count,
        warning_count,
        looked_at,
        basis,
        not_seen,
    })
}

fn key(series: &Series) -> [String; 5] {
    ["instance", "device", "mountpoint", "namespace", "persistentvolumeclaim"]
        .map(|label| series.label(label).to_owned())
}

fn rows_of(disks: &Disks) -> Vec<Row> {
    let sizes: HashMap<[String; 5], f64> =
        disks.size.series.iter().filter_map(|series| Some((key(series), series.last()?))).collect();
    let row = |series: &Series| {
        let left = series.last()?;
        let total = sizes.get(&key(series)).copied();
        let grid = Grid::of(&series.points, STEP.as_secs() as i64);
        let label = |name: &str| Some(series.label(name).to_owned()).filter(|text| !text.is_empty());
        let mut row = Row {
            node: label("instance").filter(|_| label("mountpoint").is_some()),
            mountpoint: label("mountpoint"),
            namespace: label("persistentvolumeclaim").and(label("namespace")),
            claim: label("persistentvolumeclaim"),
            available_bytes: left,
            total_bytes: total,
            used_percent: total.filter(|total| *total > 0.0).map(|total| rounded(100.0 * (1.0 - left / total))),
            daily_fill_rate_bytes: None,
            days_until_full: None,
            projected_full_date: None,
            earliest_full_date: None,
            latest_full_date: None,
            urgency: "unknown".to_owned(),
            hours: grid.hours(),
            note: None,
        };
        match forecast::exhaustion(&grid) {
            Ok(found) => fill(&mut row, &found, grid.end()),
            Err(too_little) => row.note = Some(too_little.to_string()),
        }
        if left <= 0.0 {
            row.urgency = "critical".to_owned();
            row.note = Some("it is full".to_owned());
        }
        Some(row)
    };
    disks.left.series.iter().filter_map(row).collect()
}

fn fill(row: &mut Row, found: &Exhaustion, now: i64) {
    let date = |at: Option<i64>| at.map(|at| Time::from_unix(at).to_string());
    let days = found.at.map(|at| (at - now).max(0) as f64 / DAY);
    row.daily_fill_rate_bytes = Some(rounded(-found.daily_change));
    row.days_until_full = days.map(rounded);
    row.projected_full_date = date(found.at);
    row.earliest_full_date = date(found.earliest);
    row.latest_full_date = date(found.latest.filter(|_| found.at.is_some()));
    row.hours = found.hours;
    row.urgency = match days {
        Some(days) if days < CRITICAL_DAYS => "critical",
        Some(days) if days < WARNING_DAYS => "warning",
        _ => "none",
    }
    .to_owned();
    row.note = found.jumped.then(|| "what was before the last jump (a clean-up, a resize) is not counted".to_owned());
}

fn place(row: &Row) -> String {
    match (&row.claim, &row.node) {
        (Some(claim), _) => format!("claim {}/{claim}", row.namespace.as_deref().unwrap_or_default()),
        (None, node) => {
            let mountpoint = row.mountpoint.as_deref().unwrap_or_default();
            format!("{mountpoint} on {}", node.as_deref().unwrap_or("an unknown node"))
        }
    }
}

fn message(rows: &[Row], looked_at: u64, critical: usize, warning: usize) -> String {
    match rows.iter().find(|row| row.days_until_full.is_some()) {
        _ if looked_at == 0 => "There are no measurements of filesystems or volumes.".to_owned(),
        None => format!("None of {looked_at} filesystems and volumes is filling up within a year."),
        Some(first) => format!(
            "{} is full first, in {} days ({}). Of {looked_at} looked at, {critical} are full within 3 days, {warning} more within 7.",
            place(first),
            first.days_until_full.map(|days| days.to_string()).unwrap_or_default(),
            first.projected_full_date.as_deref().unwrap_or_default(),
        ),
    }
}

fn recommendation(rows: &[Row]) -> String {
    match rows.first() {
        Some(row) if matches!(&*row.urgency, "critical" | "warning") => match (&row.claim, &row.node) {
            (Some(claim), _) => format!(
                "Expand or clean up claim {claim}: kubectl get pvc {claim} -n {}",
                row.namespace.as_deref().unwrap_or_default()
            ),
            (None, _) => format!("Look at what grows in {}.", place(row)),
        },
        Some(_) => "Nothing has to be done now.".to_owned(),
        None => "Nothing can be recommended: nothing was measured.".to_owned(),
    }
}

fn text(answered: &Answered) -> String {
    let mut text = answered.message.clone();
    for row in &answered.results {
        let full = match (&row.projected_full_date, row.days_until_full) {
            (Some(date), Some(days)) => {
                let from = row.earliest_full_date.as_deref().unwrap_or("?");
                let to = row.latest_full_date.as_deref().unwrap_or("never");
                format!("full in {days} days, {date} (from {from} to {to})")
            }
            _ => row.note.clone().unwrap_or_else(|| "not filling up".to_owned()),
        };
        let used = row.used_percent.map(|used| format!("{used}% used, ")).unwrap_or_default();
        let rate = row.daily_fill_rate_bytes.map(|rate| format!(", {} a day", bytes(rate))).unwrap_or_default();
        text.push_str(&format!(
            "\n{} {}: {full}; {used}{} left{rate}; {} h of history",
            row.urgency.to_uppercase(),
            place(row),
            bytes(row.available_bytes),
            row.hours
        ));
    }
    for not_seen in &answered.not_seen {
        text.push_str(&format!("\nNot seen: {not_seen}"));
    }
    format!("{text}\n{} {}", answered.basis.words(), answered.recommendation)
}
