//! What in a series is out of the ordinary: values far from season and level, measured by how far values usually are.

use super::series::{Grid, Parts, TooLittle};
use super::statistics::{median, spread};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anomaly {
    /// Unix seconds.
    pub at: i64,
    pub value: f64,
    pub expected: f64,
    /// Distance from what is expected, in standard deviations of the ordinary.
    pub deviations: f64,
    /// From 0 (as ordinary as 3.5 deviations) towards 1.
    pub score: f64,
}

#[derive(Clone, Debug)]
pub struct Scan {
    /// In order of time.
    pub anomalies: Vec<Anomaly>,
    /// Values that were looked at.
    pub looked_at: usize,
    pub seasonal: bool,
    /// How far values usually are from what is expected; one standard deviation.
    pub usual: f64,
    pub hours: u64,
}

/// Values nearer than this are ordinary, whatever the threshold.
const ORDINARY: f64 = 3.5;

const LEAST_HOURS: u64 = 24;

/// Noise smaller than this share of the level is taken for so much: a line drawn with a ruler has no anomalies of a
/// thousandth.
const LEAST_NOISE: f64 = 0.005;

/// Among the values from `from` on (Unix seconds) those that score above `threshold`. What came before says what is
/// ordinary.
pub fn anomalies(grid: &Grid, from: i64, threshold: f64) -> Result<Scan, TooLittle> {
    grid.needs(LEAST_HOURS)?;
    let parts = Parts::of(grid);
    let level = median(&grid.values.iter().map(|value| value.abs()).collect::<Vec<_>>());
    let usual = spread(&parts.remainder).max(level * LEAST_NOISE).max(f64::MIN_POSITIVE);
    let mut scan = Scan { anomalies: Vec::new(), looked_at: 0, seasonal: parts.seasonal, usual, hours: grid.hours() };
    for (place, (&value, &remainder)) in grid.values.iter().zip(&parts.remainder).enumerate() {
        let at = grid.start + grid.step * place as i64;
        if at < from {
            continue;
        }
        scan.looked_at += 1;
        let deviations = remainder.abs() / usual;
        let score = if deviations <= ORDINARY { 0.0 } else { 1.0 - ORDINARY / deviations };
        if score > threshold {
            scan.anomalies.push(Anomaly { at, value, expected: value - remainder, deviations, score });
        }
    }
    Ok(scan)
}
