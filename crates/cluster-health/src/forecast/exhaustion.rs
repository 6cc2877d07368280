//! When what is left of something is used up.

use super::series::{DAY, Grid, Parts, TooLittle};
use super::statistics::{median, slope, spread};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exhaustion {
    /// What is left now, the season taken out.
    pub left: f64,
    /// Change in a day; negative while it is being used up.
    pub daily_change: f64,
    /// Unix seconds; nothing while it is not being used up, or so slowly that it is more than a year off.
    pub at: Option<i64>,
    /// The rate may be a good deal higher,
    pub earliest: Option<i64>,
    /// or lower; nothing where it may never come to it.
    pub latest: Option<i64>,
    pub seasonal: bool,
    /// Hours of history since the last jump.
    pub hours: u64,
    /// The history was cut at a jump, such as a clean-up or a larger volume.
    pub jumped: bool,
}

/// Beyond a year nothing is known.
const HORIZON: i64 = 365 * DAY;

const LEAST_HOURS: u64 = 24;

/// A step as large as this share of all that was seen to move, and this many times the usual step, is no trend.
const JUMP_SHARE: f64 = 0.25;
const JUMP_TIMES: f64 = 25.0;

/// Standard errors to either side: with as few days as there are, so many hold nine in ten.
const ERRORS: f64 = 2.0;

/// Of what is left, at each step.
pub fn exhaustion(grid: &Grid) -> Result<Exhaustion, TooLittle> {
    let (grid, jumped) = since_jump(grid);
    grid.needs(LEAST_HOURS)?;
    let parts = Parts::of(&grid);
    let level = &parts.level;
    let rate = slope(level);
    let error = ERRORS * rate_error(level, grid.per_day());
    let (left, ends) = newest(level, rate, grid.per_day());
    let noise = spread(&parts.remainder);
    let unsure = ERRORS * noise / (ends as f64).sqrt();
    // A change that noise can make says nothing
    let means = (rate.abs() * level.len() as f64) > noise && rate < 0.0;
    let when = |left: f64, rate: f64| {
        let seconds = left.max(0.0) / -rate * grid.step as f64;
        (rate < 0.0 && seconds <= HORIZON as f64).then(|| grid.end() + seconds as i64)
    };
    Ok(Exhaustion {
        left,
        daily_change: rate * grid.per_day() as f64,
        at: means.then(|| when(left, rate)).flatten(),
        earliest: means.then(|| when(left - unsure, rate - error)).flatten(),
        latest: means.then(|| when(left + unsure, rate + error)).flatten(),
        seasonal: parts.seasonal,
        hours: grid.hours(),
        jumped,
    })
}

/// Where the line of that slope ends, and of how many values: half a day is enough to be rid of noise, and short enough
/// to follow.
fn newest(level: &[f64], rate: f64, period: usize) -> (f64, usize) {
    let count = (period / 2).max(3).min(level.len());
    let ends: Vec<f64> =
        level.iter().rev().take(count).enumerate().map(|(back, value)| value + rate * back as f64).collect();
    (median(&ends), count)
}

/// The standard error of the slope, by leaving out a day at a time.
fn rate_error(level: &[f64], period: usize) -> f64 {
    let blocks = (level.len() / period).clamp(4, 14);
    let size = level.len().div_ceil(blocks);
    let full = line(level, None);
    let without = (0..blocks).map(|block| line(level, Some(block * size..(block + 1) * size)) - full);
    let squares: f64 = without.map(|difference| difference * difference).sum();
    (squares * (blocks - 1) as f64 / blocks as f64).sqrt()
}

/// Least squares, without some of the points.
fn line(level: &[f64], without: Option<std::ops::Range<usize>>) -> f64 {
    let kept =
        || level.iter().enumerate().filter(|(at, _)| without.as_ref().is_none_or(|without| !without.contains(at)));
    let count = kept().count().max(1) as f64;
    let (x, y) = kept().fold((0.0, 0.0), |(x, y), (at, value)| (x + at as f64, y + value));
    let (x, y) = (x / count, y / count);
    let (above, below) = kept().fold((0.0, 0.0), |(above, below), (at, value)| {
        let from = at as f64 - x;
        (above + from * (value - y), below + from * from)
    });
    if below > 0.0 { above / below } else { 0.0 }
}

/// What came after the last jump.
fn since_jump(grid: &Grid) -> (Grid, bool) {
    let steps: Vec<f64> = grid.values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (low, high) = grid
        .values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let usual = spread(&steps);
    let is_jump = |step: &f64| step.abs() > JUMP_SHARE * (high - low) && step.abs() > JUMP_TIMES * usual;
    match steps.iter().rposition(is_jump) {
        Some(at) => (grid.newest(grid.values.len() - at - 1), true),
        None => (grid.clone(), false),
    }
}
