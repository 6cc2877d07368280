//! Small statistics that outliers do not move.

/// Of values in any order, between neighbours linearly, as Prometheus does. Nothing of nothing.
pub fn quantile(values: &[f64], quantile: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let rank = quantile.clamp(0.0, 1.0) * last as f64;
    let below = (rank.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let share = rank - below as f64;
    Some(sorted.get(below)? * (1.0 - share) + sorted.get(above)? * share)
}

pub(super) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5).unwrap_or(0.0)
}

/// The standard deviation of a normal distribution with this median of absolute values.
pub(super) fn spread(residuals: &[f64]) -> f64 {
    let absolute: Vec<f64> = residuals.iter().map(|value| value.abs()).collect();
    median(&absolute) * 1.4826
}

/// Pairs of a long series are too many to look at all; so many spread over it tell the same.
const PAIRS: usize = 20_000;

/// The median of the slopes between pairs of points at least a third of the series apart (Theil and Sen), a step.
pub(super) fn slope(values: &[f64]) -> f64 {
    let length = values.len();
    let least = (length / 3).max(1);
    let all = (length - least) * (length - least + 1) / 2;
    let stride = all.div_ceil(PAIRS).max(1);
    let mut slopes = Vec::with_capacity(all / stride + 1);
    let mut count = 0_usize;
    for (from, a) in values.iter().enumerate() {
        for (to, b) in values.iter().enumerate().skip(from + least) {
            if count.is_multiple_of(stride) {
                slopes.push((b - a) / (to - from) as f64);
            }
            count += 1;
        }
    }
    median(&slopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_prometheus() {
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
        assert!((quantile(&[4.0, 1.0, 3.0, 2.0], 0.95).unwrap() - 3.85).abs() < 1e-12);
        assert_eq!((quantile(&[7.0], 0.95), quantile(&[], 0.5)), (Some(7.0), None));
    }

    #[test]
    fn a_few_wild_points_do_not_bend_a_line() {
        let mut values: Vec<f64> = (0..100).map(|at| 5.0 + 2.0 * f64::from(at)).collect();
        values[10] = 1e6;
        values[50] = -1e6;
        assert!((slope(&values) - 2.0).abs() < 1e-9);
    }
}
