//! The promises, on generated series whose truth is known. Everything is drawn from fixed seeds.

use super::{Grid, anomalies, exhaustion, forecast};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A generator of its own: the series must be the same for ever.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn dice(seed: u64) -> Dice {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..20 {
        dice.uniform();
    }
    dice
}

/// A day's shape: a wave and its first overtone.
fn wave(at: i64, phase: f64) -> f64 {
    let angle = std::f64::consts::TAU * (at % DAY) as f64 / DAY as f64 + phase;
    angle.sin() + 0.4 * (2.0 * angle).cos()
}

fn grid(step: i64, values: impl IntoIterator<Item = f64>) -> Grid {
    let points: Vec<(i64, f64)> = values.into_iter().enumerate().map(|(at, value)| (at as i64 * step, value)).collect();
    Grid::of(&points, step)
}

/// How far the date is off, as a share of the time until then.
fn off(grid: &Grid, truth: i64) -> f64 {
    let found = exhaustion(grid).unwrap();
    let at = found.at.unwrap_or_else(|| panic!("no date: {found:?}, truth {truth}"));
    (at - truth).abs() as f64 / (truth - grid.end()) as f64
}

#[test]
fn disks_that_fill_evenly_are_full_within_five_percent_of_the_date() {
    let mut worst: f64 = 0.0;
    for seed in 0..50 {
        let mut dice = dice(seed);
        let (hours, days_left) = (dice.between(48.0, 336.0) as i64, dice.between(1.0, 30.0));
        let rate = 1e9 / (days_left * 24.0);
        let noise = dice.between(0.0, 0.004) * 1e9;
        let values: Vec<f64> =
            (0..hours).map(|hour| 1e9 + rate * (hours - 1 - hour) as f64 + noise * dice.normal()).collect();
        let grid = grid(HOUR, values);
        let truth = grid.end() + (days_left * DAY as f64) as i64;
        worst = worst.max(off(&grid, truth));
    }
    println!("linear: worst {worst:.4}");
    assert!(worst <= 0.05, "off by {worst}");
}

#[test]
fn disks_that_breathe_daily_are_full_within_fifteen_percent_of_the_date() {
    let mut worst: f64 = 0.0;
    for seed in 100..150 {
        let mut dice = dice(seed);
        let (days, days_left) = (dice.between(4.0, 14.0) as i64, dice.between(2.0, 30.0));
        let rate = 1e9 / (days_left * 24.0);
        let (swing, phase) = (dice.between(0.02, 0.3) * 1e9 / 2.8, dice.between(0.0, 6.0));
        let values: Vec<f64> = (0..days * 24)
            .map(|hour| {
                let left = 1e9 + rate * (days * 24 - 1 - hour) as f64;
                left + swing * wave(hour * HOUR, phase) + 0.003e9 * dice.normal()
            })
            .collect();
        let grid = grid(HOUR, values);
        let truth = grid.end() + (days_left * DAY as f64) as i64;
        worst = worst.max(off(&grid, truth));
    }
    println!("seasonal: worst {worst:.4}");
    assert!(worst <= 0.15, "off by {worst}");
}

#[test]
fn the_interval_of_the_date_mostly_holds_it() {
    let mut held = 0;
    for seed in 200..260 {
        let mut dice = dice(seed);
        let days_left = dice.between(2.0, 20.0);
        let rate = 1e9 / (days_left * 24.0);
        let values: Vec<f64> =
            (0..168).map(|hour| 1e9 + rate * f64::from(167 - hour) + 0.02e9 * dice.normal()).collect();
        let grid = grid(HOUR, values);
        let truth = grid.end() + (days_left * DAY as f64) as i64;
        let found = exhaustion(&grid).unwrap();
        held += usize::from(found.earliest.is_some_and(|at| at <= truth) && found.latest.is_none_or(|at| at >= truth));
    }
    println!("interval: {held} of 60");
    assert!(held >= 48, "{held} of 60");
}

#[test]
fn what_is_not_being_used_up_has_no_date() {
    for (what, values) in [
        ("level", (0..168).map(|_| 5e8).collect::<Vec<f64>>()),
        ("growing", (0..168).map(|hour| 5e8 + 1e5 * f64::from(hour)).collect()),
        ("noise", {
            let mut dice = dice(7);
            (0..168).map(|_| 5e8 + 1e7 * dice.normal()).collect()
        }),
        ("breathing", (0..168).map(|hour| 5e8 + 1e8 * wave(hour * HOUR, 0.3)).collect()),
    ] {
        let found = exhaustion(&grid(HOUR, values)).unwrap();
        assert!(found.at.is_none(), "{what}: {found:?}");
    }
}

#[test]
fn a_clean_up_begins_a_new_history() {
    let values =
        (0..168_i64).map(|hour| if hour < 120 { 6e8 - 1e6 * hour as f64 } else { 9e8 - 5e6 * (hour - 120) as f64 });
    let found = exhaustion(&grid(HOUR, values)).unwrap();
    assert!(found.jumped && found.hours == 48, "{found:?}");
    assert!((found.daily_change + 1.2e8).abs() < 1e6, "{found:?}");
    let short = exhaustion(&grid(HOUR, (0..12).map(f64::from))).unwrap_err();
    assert_eq!(short.to_string(), "not enough history: 12 hours of data, at least 24 are needed");
}

/// Loads as clusters have them: a daily wave, noise that remembers, some growth, some days off, some drift.
fn load(seed: u64, hours: i64) -> Vec<f64> {
    let mut dice = dice(seed);
    let (base, swing, phase) = (dice.between(5.0, 50.0), dice.between(0.1, 0.5), dice.between(0.0, 6.0));
    let growth = dice.between(-0.01, 0.02) * base / 24.0;
    let (noise, memory) = (dice.between(0.02, 0.08) * base, dice.between(0.0, 0.8));
    let drift = if seed.is_multiple_of(4) { 0.01 * base } else { 0.0 };
    let (mut wander, mut lasting) = (0.0, 0.0);
    (0..hours)
        .map(|hour| {
            wander = memory * wander + noise * dice.normal();
            lasting += drift * dice.normal();
            base + growth * hour as f64 + swing * base * wave(hour * HOUR, phase) + wander + lasting
        })
        .collect()
}

#[test]
fn a_day_ahead_it_beats_the_day_before() {
    let (mut better, mut inside, mut all) = (0, 0, 0);
    for seed in 300..350 {
        let values = load(seed, 15 * 24);
        let known = grid(HOUR, values.iter().copied().take(14 * 24));
        let truth = &values[14 * 24..];
        let found = forecast(&known, 24).unwrap();
        assert_eq!(found.points.len(), 24);
        let error = |of: &dyn Fn(usize) -> f64| -> f64 {
            truth.iter().enumerate().map(|(at, truth)| (of(at) - truth).abs()).sum()
        };
        let ours = error(&|at| found.points[at].value);
        let naive = error(&|at| values[13 * 24 + at]);
        better += usize::from(ours < naive);
        for (point, truth) in found.points.iter().zip(truth) {
            all += 1;
            inside += usize::from((point.low..=point.high).contains(truth));
        }
    }
    println!("forecast: better on {better} of 50; {inside} of {all} inside the interval");
    assert!(better >= 40, "better on {better} of 50 only");
    let share = inside as f64 / all as f64;
    assert!((0.8..=0.98).contains(&share), "{share} of the truth lies in intervals of nine in ten");
}

#[test]
fn two_days_are_too_little_for_a_forecast() {
    assert!(forecast(&grid(HOUR, load(1, 47)), 24).is_err());
    let short = forecast(&grid(HOUR, load(1, 60)), 24).unwrap();
    assert!(!short.seasonal && short.trials <= 1);
}

/// A week at five minutes, with trouble in its last day: a spike, a dip, a step up for some time, or silence.
fn troubled(seed: u64) -> (Grid, i64, i64) {
    const STEP: i64 = 300;
    let mut dice = dice(seed);
    let (base, swing, phase) = (dice.between(5.0, 50.0), dice.between(0.0, 0.4), dice.between(0.0, 6.0));
    let noise = dice.between(0.01, 0.04) * base;
    let mut values: Vec<f64> =
        (0..7 * 288_i64).map(|at| base + swing * base * wave(at * STEP, phase) + noise * dice.normal()).collect();
    let length = [1, 3, 12, 24][(seed % 4) as usize];
    let at = 6 * 288 + dice.between(0.0, 288.0 - 24.0) as usize;
    let size = noise * dice.between(7.0, 15.0) * if dice.uniform() < 0.5 { -1.0 } else { 1.0 };
    for value in &mut values[at..at + length] {
        *value += size;
    }
    (grid(STEP, values), at as i64 * STEP, (at + length) as i64 * STEP)
}

#[test]
fn injected_trouble_is_found_and_little_else() {
    let (mut found, mut right, mut wrong) = (0, 0, 0);
    for seed in 400..600 {
        let (grid, from, to) = troubled(seed);
        let scan = anomalies(&grid, 6 * DAY, 0.3).unwrap();
        let hits = scan.anomalies.iter().filter(|anomaly| (from..to).contains(&anomaly.at)).count();
        found += usize::from(hits > 0);
        right += hits;
        wrong += scan.anomalies.len() - hits;
    }
    let (recall, precision) = (found as f64 / 200.0, right as f64 / (right + wrong) as f64);
    println!("anomalies: recall {recall:.3}, precision {precision:.3} ({right} right, {wrong} wrong)");
    assert!(recall >= 0.9 && precision >= 0.95, "recall {recall}, precision {precision}");
}

#[test]
fn a_line_has_no_anomalies() {
    let scan = anomalies(&grid(300, (0..2016).map(|at| 5.0 + f64::from(at % 2) * 1e-6)), 0, 0.0).unwrap();
    assert!(scan.anomalies.is_empty());
}
