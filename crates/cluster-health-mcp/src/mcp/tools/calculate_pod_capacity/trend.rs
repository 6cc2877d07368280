//! How what pods request grows, from Prometheus, and when 85% of what there is will be asked for.

use std::time::Duration;

use cluster_health::Time;
use cluster_health::capacity::{Bound, Usage};
use cluster_health::forecast::{self, Exhaustion, Grid};
use cluster_health::quantity::Quantity;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::measured::{Basis, bytes, cores, rounded};
use crate::integrations::Away;
use crate::integrations::prometheus::Found;
use crate::integrations::queries::{self, Requested};
use crate::state::State;

#[derive(Debug, Serialize, JsonSchema)]
pub struct Trending {
    /// Of what is requested now; absent where it cannot be told
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_cpu_growth_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_memory_growth_percent: Option<f64>,
    /// Until pods request 85% of the CPU or of the memory there is, whichever comes first; absent while neither comes to it
    /// within a year
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_until_85_percent: Option<f64>,
    /// The day of that
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projected_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Growth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Growth>,
    pub basis: Basis,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Growth {
    /// cores or bytes
    pub unit: String,
    /// By the newest measurements
    pub requested: f64,
    pub daily_change: f64,
    /// What the nodes offer, or the tightest quota of the namespace; absent where there is none
    #[serde(skip_serializing_if = "Option::is_none")]
    pub there: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_until_85_percent: Option<f64>,
    /// The growth may be faster
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest_days: Option<f64>,
    /// or slower; absent where it may never come to it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_days: Option<f64>,
    /// Hours of history since the last jump
    pub hours: u64,
    /// The history was cut at a jump, such as a large deployment
    pub since_jump: bool,
}

const HISTORY: Duration = Duration::from_secs(14 * 86_400);
const STEP: Duration = Duration::from_secs(1800);
const DAY: f64 = 86_400.0;
/// How what cannot be told of it begins.
pub(super) const SUBJECT: &str = "growth over time";
/// Older measurements say nothing of now.
const FRESH: i64 = 2 * 3600;
/// Of what there is, as the predecessor had it.
const FULL: f64 = 0.85;

/// What there is to grow into.
pub(super) struct There {
    pub(super) cpu: Option<f64>,
    pub(super) memory: Option<f64>,
}

impl There {
    /// All nodes for the cluster, the tightest quota of each sort for a namespace.
    pub(super) fn of(usage: Option<&Usage>, bounds: &[Bound], namespace: Option<&str>) -> Self {
        let number = |amount: Quantity| amount.millis() as f64 / 1000.0;
        let quota = |names: [&str; 2]| {
            let of_it = bounds.iter().filter(|bound| names.contains(&bound.resource.as_str()));
            of_it.map(|bound| number(bound.hard)).min_by(f64::total_cmp)
        };
        if namespace.is_some() {
            return Self { cpu: quota(["requests.cpu", "cpu"]), memory: quota(["requests.memory", "memory"]) };
        }
        let all = usage.and_then(|usage| usage.allocatable);
        Self { cpu: all.and_then(|all| all.cpu).map(number), memory: all.and_then(|all| all.memory).map(number) }
    }
}

/// The trend, and what of it cannot be told and why.
pub(super) async fn trending(
    state: &State,
    namespace: Option<&str>,
    there: There,
    now: Time,
) -> (Option<Trending>, Vec<String>) {
    let growth = |reason: &str| format!("{SUBJECT}: {reason}");
    let monitoring = match state.measurements(namespace).await {
        Ok(monitoring) => monitoring,
        Err(reason) => return (None, vec![growth(&reason)]),
    };
    let Some(prometheus) = monitoring.prometheus.as_deref() else {
        return (None, vec![growth("no Prometheus is configured (PROMETHEUS_URL)")]);
    };
    let (cpu, memory) =
        (queries::requested(namespace, Requested::Cpu), queries::requested(namespace, Requested::Memory));
    let since = now.minus(HISTORY);
    let (cpu, memory) =
        tokio::join!(prometheus.range(&cpu, since, now, STEP), prometheus.range(&memory, since, now, STEP));
    let mut basis = Basis { as_of: now.to_string(), hours_asked: HISTORY.as_secs() / 3600, ..Basis::default() };
    let mut not_seen = Vec::new();
    let mut one = |what: &str, found, there| {
        grown(what, found, there, now, &mut basis)
            .map_err(|reason| not_seen.push(growth(&format!("{what}: {reason}"))))
            .ok()
    };
    let (cpu, memory) = (one("CPU", cpu, there.cpu), one("memory", memory, there.memory));
    if cpu.is_none() && memory.is_none() {
        return (None, not_seen);
    }
    let both = [&cpu, &memory];
    let soonest = both.into_iter().flatten().filter_map(|one| one.days_until_85_percent).min_by(f64::total_cmp);
    let on = |days: f64| now.plus(Duration::from_secs_f64(days * DAY)).to_string().get(..10).map(str::to_owned);
    let trending = Trending {
        daily_cpu_growth_percent: cpu.as_ref().and_then(Growth::percent),
        daily_memory_growth_percent: memory.as_ref().and_then(Growth::percent),
        days_until_85_percent: soonest,
        projected_date: soonest.and_then(on),
        cpu,
        memory,
        basis,
    };
    (Some(trending), not_seen)
}

fn grown(
    what: &str,
    found: Result<Found, Away>,
    there: Option<f64>,
    now: Time,
    basis: &mut Basis,
) -> Result<Growth, String> {
    let found = found.map_err(|away| away.to_string())?;
    basis.gaps.extend(found.warnings);
    let series = found.series.first().filter(|series| !series.points.is_empty());
    let series = series.ok_or("Prometheus has no measurements of requests within two weeks")?;
    if series.unusable > 0 {
        basis.gaps.push(format!("{what}: {} values are no numbers", series.unusable));
    }
    // What is left until then shrinks as requests grow
    let full = there.unwrap_or(0.0) * FULL;
    let left: Vec<(i64, f64)> = series.points.iter().map(|(at, value)| (*at, full - value)).collect();
    let grid = Grid::of(&left, STEP.as_secs() as i64);
    if now.unix() - grid.end() > FRESH {
        return Err(format!("nothing was measured since {}", Time::from_unix(grid.end())));
    }
    let ahead = forecast::exhaustion(&grid).map_err(|too_little| too_little.to_string())?;
    basis.hours_found = Some(basis.hours_found.map_or(ahead.hours, |hours| hours.min(ahead.hours)));
    let unit = if what == "CPU" { "cores" } else { "bytes" };
    let unsure = unsure(&grid, ahead.hours);
    Ok(Growth::new(unit, series.last().unwrap_or(0.0), there, Pace { ahead, unsure }, now))
}

/// Where it goes, and by how much its daily change may be off.
struct Pace {
    ahead: Exhaustion,
    unsure: f64,
}

/// Two standard errors of the mean change of a day. Requests grow by jumps of any size at any time, which leave less trace
/// of how unsure their pace is than noise does.
fn unsure(grid: &Grid, hours: u64) -> f64 {
    let per_day = (DAY as i64 / grid.step) as usize;
    let days = usize::try_from(hours / 24).unwrap_or(0);
    let ends: Vec<f64> = grid.values.iter().rev().step_by(per_day.max(1)).take(days + 1).copied().collect();
    let changes: Vec<f64> = ends.windows(2).map(|pair| pair[0] - pair[1]).collect();
    if changes.len() < 2 {
        return 0.0;
    }
    let count = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / count;
    let variance = changes.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (count - 1.0);
    2.0 * (variance / count).sqrt()
}

impl Pace {
    /// Days until nothing is left, at a pace that differs by so much; nothing where it never comes to that.
    fn days(&self, faster: f64) -> Option<f64> {
        let pace = faster - self.ahead.daily_change;
        (pace > 0.0).then(|| self.ahead.left.max(0.0) / pace)
    }
}

impl Growth {
    fn new(unit: &str, requested: f64, there: Option<f64>, pace: Pace, now: Time) -> Self {
        let ahead = &pace.ahead;
        let is_full = there.is_some_and(|there| requested >= there * FULL);
        let days = |at: Option<i64>| {
            let at = at.filter(|_| there.is_some())?;
            Some(rounded((at - now.unix()).max(0) as f64 / DAY))
        };
        let reached = |at| if is_full { Some(0.0) } else { days(at) };
        let either = |at: Option<i64>, by_pace: Option<f64>, choose: fn(f64, f64) -> f64| {
            reached(at).map(|days| by_pace.filter(|_| !is_full).map_or(days, |other| rounded(choose(days, other))))
        };
        let slowest = pace.days(-pace.unsure);
        Self {
            unit: unit.to_owned(),
            requested: rounded(requested),
            daily_change: rounded(-ahead.daily_change),
            there: there.map(rounded),
            days_until_85_percent: reached(ahead.at),
            earliest_days: either(ahead.earliest, pace.days(pace.unsure), f64::min),
            latest_days: either(ahead.latest.filter(|_| is_full || slowest.is_some()), slowest, f64::max),
            hours: ahead.hours,
            since_jump: ahead.jumped,
        }
    }

    fn percent(&self) -> Option<f64> {
        (self.requested > 0.0).then(|| rounded(100.0 * self.daily_change / self.requested))
    }

    fn words(&self) -> String {
        let words = if self.unit == "cores" { cores } else { bytes };
        let percent = self.percent().map(|percent| format!(" ({percent}%)")).unwrap_or_default();
        let until = match (self.there, self.days_until_85_percent) {
            (None, _) => "nothing bounds it".to_owned(),
            (Some(_), Some(0.0)) => "more than 85% of what there is is requested now".to_owned(),
            (Some(there), Some(days)) => {
                let earliest = self.earliest_days.map(|days| format!("{days}")).unwrap_or_else(|| "?".to_owned());
                let latest = self.latest_days.map(|days| format!("{days}")).unwrap_or_else(|| "never".to_owned());
                format!("85% of {} in {days} days ({earliest} to {latest})", words(there))
            }
            (Some(there), None) => format!("does not come to 85% of {} within a year", words(there)),
        };
        let jump = if self.since_jump { " since a jump" } else { "" };
        format!(
            "{} requested, {} a day{percent}, {until}; {} h of history{jump}",
            words(self.requested),
            words(self.daily_change),
            self.hours
        )
    }
}

/// For the text of the answer.
pub(super) fn lines(trending: &Trending) -> String {
    let mut text = String::new();
    for (what, one) in [("CPU", &trending.cpu), ("memory", &trending.memory)] {
        if let Some(one) = one {
            text.push_str(&format!("\nGrowth of {what}: {}", one.words()));
        }
    }
    format!("{text}\n{}", trending.basis.words())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(at: Option<i64>, daily_change: f64) -> Pace {
        let earliest = at.map(|at| at - 86_400);
        let latest = at.map(|at| at + 86_400);
        let ahead =
            Exhaustion { left: 35.0, daily_change, at, earliest, latest, seasonal: false, hours: 300, jumped: false };
        Pace { ahead, unsure: 1.5 }
    }

    #[test]
    fn jumps_of_different_sizes_make_the_pace_unsure() {
        let step = STEP.as_secs() as i64;
        let grid = |sizes: [f64; 2]| {
            let left = |at: i64| 100.0 - (0..at / 48).map(|day| sizes[day as usize % 2]).sum::<f64>();
            Grid::of(&(0..480).map(|at| (at * step, left(at))).collect::<Vec<_>>(), step)
        };
        assert!(unsure(&grid([2.0, 2.0]), 240) < 1e-9);
        let uneven = unsure(&grid([1.0, 3.0]), 240);
        assert!((0.5..1.0).contains(&uneven), "{uneven}");
        assert!(unsure(&grid([1.0, 3.0]), 24) == 0.0);
    }

    #[test]
    fn growth_is_told_as_far_as_it_is_known() {
        let now = Time::from_unix(1_000_000);
        let growing = Growth::new("cores", 50.0, Some(100.0), ahead(Some(1_000_000 + 10 * 86_400), -3.5), now);
        assert_eq!((growing.percent(), growing.days_until_85_percent), (Some(7.0), Some(10.0)));
        // Five a day, or two
        assert_eq!((growing.earliest_days, growing.latest_days), (Some(7.0), Some(17.5)));
        assert!(growing.words().contains("in 10 days (7 to 17.5)"), "{}", growing.words());
        let perhaps = Growth::new("cores", 50.0, Some(100.0), ahead(Some(1_000_000 + 86_400), -1.0), now);
        assert!(perhaps.latest_days.is_none() && perhaps.words().contains("to never"), "{}", perhaps.words());
        let unbound = Growth::new("cores", 50.0, None, ahead(Some(1_000_000), -3.5), now);
        assert_eq!((unbound.days_until_85_percent, unbound.percent()), (None, Some(7.0)));
        let full = Growth::new("bytes", 90.0, Some(100.0), ahead(None, 0.0), now);
        assert_eq!(full.days_until_85_percent, Some(0.0));
        let calm = Growth::new("cores", 50.0, Some(100.0), ahead(None, 0.1), now);
        assert!(calm.words().contains("within a year"), "{}", calm.words());
    }
}
