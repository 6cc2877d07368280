//! Points as they came, put on an even grid.

/// The history does not carry an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough history: {have} hours of data, at least {needed} are needed")]
pub struct TooLittle {
    /// Hours that hold data.
    pub have: u64,
    pub needed: u64,
}

/// Values a step apart, oldest first. Short gaps are bridged by a straight line; what lies before a long one is left out.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Unix seconds of the first value.
    pub start: i64,
    /// Seconds.
    pub step: i64,
    pub values: Vec<f64>,
    /// Values that were bridged, not measured.
    pub bridged: usize,
}

/// Longer gaps are no history.
const LONGEST_GAP: i64 = 3 * HOUR;

pub(super) const HOUR: i64 = 3600;

pub(super) const DAY: i64 = 24 * HOUR;

impl Grid {
    /// From points in order of time; where two fall on one place, the later counts.
    pub fn of(points: &[(i64, f64)], step: i64) -> Self {
        let step = step.max(1);
        let mut grid = Self { start: 0, step, values: Vec::new(), bridged: 0 };
        for &(at, value) in points.iter().filter(|(_, value)| value.is_finite()) {
            let place = at.div_euclid(step) * step;
            let gap = if grid.values.is_empty() { i64::MAX } else { place - grid.end() };
            match gap {
                i64::MIN..=0 => {
                    if let Some(last) = grid.values.last_mut() {
                        *last = value;
                    }
                }
                _ if gap > LONGEST_GAP.max(2 * step) => {
                    grid = Self { start: place, step, values: vec![value], bridged: 0 }
                }
                _ => grid.bridge(gap / step, value),
            }
        }
        grid
    }

    fn bridge(&mut self, steps: i64, value: f64) {
        let from = self.values.last().copied().unwrap_or(value);
        for at in 1..=steps {
            self.values.push(from + (value - from) * at as f64 / steps as f64);
        }
        self.bridged += usize::try_from(steps - 1).unwrap_or(0);
    }

    /// Of the newest value.
    pub fn end(&self) -> i64 {
        self.start + self.step * (self.values.len() as i64 - 1)
    }

    pub fn hours(&self) -> u64 {
        u64::try_from(self.step * self.values.len() as i64 / HOUR).unwrap_or(0)
    }

    pub(super) fn per_day(&self) -> usize {
        usize::try_from(DAY / self.step).unwrap_or(1).max(1)
    }

    pub(super) fn needs(&self, hours: u64) -> Result<(), TooLittle> {
        if self.hours() < hours { Err(TooLittle { have: self.hours(), needed: hours }) } else { Ok(()) }
    }

    /// Without the newest `count`.
    pub(super) fn before(&self, count: usize) -> Self {
        let kept = self.values.len().saturating_sub(count);
        Self { values: self.values.iter().copied().take(kept).collect(), ..*self }
    }

    /// The newest `count` only.
    pub(super) fn newest(&self, count: usize) -> Self {
        let left = self.values.len().saturating_sub(count);
        Self {
            start: self.start + self.step * left as i64,
            values: self.values.iter().copied().skip(left).collect(),
            ..*self
        }
    }
}

/// A daily season, where there is one, and the rest.
pub(super) struct Parts {
    /// Of each value; all zero without a season.
    pub(super) season: Vec<f64>,
    /// Values less season.
    pub(super) level: Vec<f64>,
    pub(super) remainder: Vec<f64>,
    pub(super) seasonal: bool,
}

/// Weaker seasons are noise that repeats by chance.
const LEAST_STRENGTH: f64 = 0.3;

/// Two days make no season: the second may be a coincidence.
const LEAST_DAYS: usize = 3;

/// Robust fits settle in a few rounds.
const ROUNDS: usize = 4;

impl Parts {
    pub(super) fn of(grid: &Grid) -> Self {
        let period = grid.per_day();
        let fitted = (period >= 4 && grid.values.len() >= LEAST_DAYS * period)
            .then(|| {
                stlrs::params()
                    // The same every day, as far as a week or two can tell
                    .seasonal_length(grid.values.len() * 2 / period + 7)
                    .seasonal_degree(0)
                    .robust(true)
                    .outer_loops(ROUNDS)
                    .trend_jump(period / 8 + 1)
                    .fit(&grid.values, period)
                    .ok()
            })
            .flatten();
        match fitted {
            Some(fitted) if fitted.seasonal_strength() >= LEAST_STRENGTH => {
                let season = fitted.seasonal().to_vec();
                let level = grid.values.iter().zip(&season).map(|(value, season)| value - season).collect();
                Self { season, level, remainder: fitted.remainder().to_vec(), seasonal: true }
            }
            _ => Self {
                season: vec![0.0; grid.values.len()],
                level: grid.values.clone(),
                remainder: less_running_median(&grid.values, (period / 2).max(5)),
                seasonal: false,
            },
        }
    }

    /// What the season adds `ahead` steps after the last value.
    pub(super) fn season_ahead(&self, ahead: usize, period: usize) -> f64 {
        if !self.seasonal {
            return 0.0;
        }
        let length = self.season.len();
        let phase = (ahead + period - 1) % period;
        self.season.get((length + phase).saturating_sub(period)).copied().unwrap_or(0.0)
    }
}

fn less_running_median(values: &[f64], width: usize) -> Vec<f64> {
    let around = |at: usize| {
        let window = values.get(at.saturating_sub(width)..(at + width + 1).min(values.len())).unwrap_or_default();
        super::statistics::median(window)
    };
    values.iter().enumerate().map(|(at, value)| value - around(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_bridged_or_end_the_history() {
        let grid = Grid::of(&[(0, 1.0), (3600, 2.0), (10_800, 4.0), (10_900, 5.0)], HOUR);
        assert_eq!((&*grid.values, grid.bridged, grid.end()), (&[1.0, 2.0, 3.0, 5.0][..], 1, 10_800));
        let grid = Grid::of(&[(0, 1.0), (5 * HOUR, 2.0), (6 * HOUR, 3.0)], HOUR);
        assert_eq!((grid.start, &*grid.values), (5 * HOUR, &[2.0, 3.0][..]));
        assert!(Grid::of(&[(0, f64::NAN)], HOUR).values.is_empty());
    }
}
