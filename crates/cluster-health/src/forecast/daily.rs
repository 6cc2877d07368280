//! Where a series goes: its daily season, and beside it a level that is followed as fast as the series itself shows to be
//! best, with a trend that fades. Intervals come from how wrong the same method was on the days before.

use super::series::{DAY, Grid, HOUR, Parts, TooLittle};
use super::statistics::{quantile, slope};

/// What is expected at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    /// Unix seconds.
    pub at: i64,
    pub value: f64,
    /// Nine in ten are to lie from here
    pub low: f64,
    /// to here.
    pub high: f64,
}

#[derive(Clone, Debug)]
pub struct Forecast {
    /// One a step, from the step after the newest value.
    pub points: Vec<Projection>,
    /// There is a daily season.
    pub seasonal: bool,
    /// Change of the level in a day, now.
    pub daily_change: f64,
    /// Hours of history it rests on.
    pub hours: u64,
    /// How often the method was tried on days before, for the interval.
    pub trials: usize,
}

/// Without two days there is nothing to try the method on.
const LEAST_HOURS: u64 = 48;

/// How many days back the method is tried, at most.
const TRIALS: usize = 7;

/// As narrow as nine in ten errors allow.
const COVERAGE: f64 = 0.9;

/// A trend halves in about a day: what rises now does not rise for ever.
const FADING_PER_DAY: f64 = 0.5;

/// For `hours` ahead.
pub fn forecast(grid: &Grid, hours: u64) -> Result<Forecast, TooLittle> {
    grid.needs(LEAST_HOURS)?;
    let ahead = usize::try_from(i64::try_from(hours).unwrap_or(DAY) * HOUR / grid.step).unwrap_or(1).max(1);
    let parts = Parts::of(grid);
    let (values, change) = project(grid, &parts, ahead);
    let errors = errors(grid, ahead);
    let last = grid.end();
    let points = values.iter().enumerate().map(|(at, &value)| {
        let width = width(&errors, at, &parts);
        Projection { at: last + grid.step * (at as i64 + 1), value, low: value - width, high: value + width }
    });
    Ok(Forecast {
        points: points.collect(),
        seasonal: parts.seasonal,
        daily_change: change,
        hours: grid.hours(),
        trials: errors.len(),
    })
}

/// The next `ahead` values, and the change of the level in a day.
fn project(grid: &Grid, parts: &Parts, ahead: usize) -> (Vec<f64>, f64) {
    let period = grid.per_day();
    let level = follow(&parts.level);
    let recent: Vec<f64> = parts.level.iter().rev().take(7 * period).rev().copied().collect();
    let change = trend(&recent, period);
    let fading = FADING_PER_DAY.powf(1.0 / period as f64);
    let (mut sum, mut weight) = (0.0, 1.0);
    let values = (1..=ahead).map(|at| {
        weight *= fading;
        sum += weight;
        level + change / period as f64 * sum + parts.season_ahead(at, period)
    });
    (values.collect(), change)
}

/// The newest level: smoothed as slowly as noise asks for and as fast as the series moves, whichever would have erred
/// least over the next hours.
fn follow(level: &[f64]) -> f64 {
    const SPEEDS: [f64; 8] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];
    const LOOK: usize = 12;
    let smoothed = |speed: f64| -> (f64, f64) {
        let start = level.iter().take(LOOK).sum::<f64>() / level.len().clamp(1, LOOK) as f64;
        let (mut state, mut wrong) = (start, 0.0);
        for (at, value) in level.iter().enumerate() {
            if at >= LOOK
                && let Some(later) = level.get(at + LOOK / 2)
            {
                wrong += (value - state).abs() + (later - state).abs();
            }
            state += speed * (value - state);
        }
        (wrong, state)
    };
    let best = SPEEDS.iter().map(|&speed| smoothed(speed)).min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(0.0, |(_, state)| state)
}

/// The robust slope of a week in a day, where it is more than chance: the days' medians have to go one way.
fn trend(level: &[f64], period: usize) -> f64 {
    let days: Vec<f64> = level.rchunks(period).rev().filter_map(|day| quantile(day, 0.5)).collect();
    let steps: Vec<f64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rising = steps.iter().filter(|step| **step > 0.0).count();
    let one_way = rising.max(steps.len() - rising);
    if steps.len() < 3 || one_way * 5 < steps.len() * 4 { 0.0 } else { slope(level) * period as f64 }
}

/// For each trial, how wrong each step was.
fn errors(grid: &Grid, ahead: usize) -> Vec<Vec<f64>> {
    let period = grid.per_day();
    let trial = |day: usize| {
        let cut = day * period;
        let before = grid.before(cut);
        before.needs(LEAST_HOURS).ok()?;
        let (values, _) = project(&before, &Parts::of(&before), ahead.min(cut));
        let truth = grid.values.iter().skip(before.values.len());
        Some(values.iter().zip(truth).map(|(value, truth)| (value - truth).abs()).collect())
    };
    (1..=TRIALS).filter_map(trial).collect()
}

/// Half the interval's width `at` steps ahead: the errors of about that distance, over all trials. Further than was
/// tried, errors grow with the root of the distance.
fn width(errors: &[Vec<f64>], at: usize, parts: &Parts) -> f64 {
    let longest = errors.iter().map(Vec::len).max().unwrap_or(0);
    let tried = at.min(longest.saturating_sub(1));
    let near = tried.saturating_sub(3)..tried + 4;
    let pool: Vec<f64> =
        errors.iter().flat_map(|trial| trial.get(near.start..near.end.min(trial.len()))).flatten().copied().collect();
    let least = super::statistics::spread(&parts.remainder);
    let measured = quantile(&pool, COVERAGE).unwrap_or(least * 2.0).max(least);
    measured * ((at + 1) as f64 / (tried + 1) as f64).sqrt()
}
