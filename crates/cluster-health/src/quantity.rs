//! Kubernetes resource quantities (`250m`, `1Gi`, `2e3`), held in thousandths so that CPU needs no fractions.

use std::fmt;

use crate::decode::slot::{Misfit, Scalar, Slot};

/// Thousandths of the unit: milli-cores for CPU, milli-bytes for memory. Saturates far above any real cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    pub const ZERO: Self = Self(0);

    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole units, rounded up as the scheduler does.
    pub fn units(self) -> i64 {
        self.0.div_euclid(1000) + i64::from(self.0.rem_euclid(1000) != 0)
    }

    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Never below zero: what is overcommitted leaves nothing.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// How many of `each` it holds; nothing when each is nothing.
    pub fn holds(self, each: Self) -> Option<u64> {
        (each.0 > 0).then(|| u64::try_from(self.0 / each.0).unwrap_or(0))
    }

    /// `self` as a share of `whole`, in percent; nothing when there is no whole.
    pub fn percent_of(self, whole: Self) -> Option<i64> {
        (whole.0 > 0).then(|| i64::try_from(i128::from(self.0) * 100 / i128::from(whole.0)).unwrap_or(i64::MAX))
    }

    /// Reads the API's notation: digits with an optional fraction, then a binary or decimal suffix or an exponent.
    pub fn parse(text: &str) -> Option<Self> {
        let number_end = text
            .char_indices()
            .find(|&(i, c)| !(c.is_ascii_digit() || c == '.' || (i == 0 && (c == '-' || c == '+'))))
            .map_or(text.len(), |(i, _)| i);
        let (number, suffix) = text.split_at(number_end);
        let factor = match suffix {
            "n" => 1e-6,
            "u" => 1e-3,
            "m" => 1.0,
            "" => 1e3,
            "k" => 1e6,
            "M" => 1e9,
            "G" => 1e12,
            "T" => 1e15,
            "P" => 1e18,
            "E" => 1e21,
            "Ki" => 1000.0 * 1024.0,
            "Mi" => 1000.0 * 1024f64.powi(2),
            "Gi" => 1000.0 * 1024f64.powi(3),
            "Ti" => 1000.0 * 1024f64.powi(4),
            "Pi" => 1000.0 * 1024f64.powi(5),
            "Ei" => 1000.0 * 1024f64.powi(6),
            exponent => 1e3 * 10f64.powi(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
        };
        if !number.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: f64 = number.parse().ok()?;
        // A float cast saturates, which is the wanted end for absurd sizes.
        Some(Self((number * factor).ceil() as i64))
    }
}

impl fmt::Display for Quantity {
    /// The largest suffix that loses nothing, binary for sizes and milli for parts of a core.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 != 0 {
            return write!(f, "{}m", self.0);
        }
        let units = self.0 / 1000;
        for (suffix, shift) in [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)] {
            if units != 0 && units % (1_i64 << shift) == 0 {
                return write!(f, "{}{suffix}", units >> shift);
            }
        }
        write!(f, "{units}")
    }
}

impl Slot for Quantity {
    fn expecting(&self) -> &'static str {
        "a quantity such as 250m or 1Gi"
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        *self = match value {
            Scalar::Text(text) => Quantity::parse(text).ok_or(Misfit::Value)?,
            Scalar::Signed(units) => Quantity(units.saturating_mul(1000)),
            Scalar::Unsigned(units) => Quantity(i64::try_from(units).unwrap_or(i64::MAX).saturating_mul(1000)),
            Scalar::Float(units) => Quantity((units * 1000.0).ceil() as i64),
            Scalar::Boolean(_) => return Err(Misfit::Type),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_notation() {
        let millis = |text| Quantity::parse(text).map(Quantity::millis);
        assert_eq!(millis("250m"), Some(250));
        assert_eq!(millis("0.5"), Some(500));
        assert_eq!(millis("2"), Some(2000));
        assert_eq!(millis("1Ki"), Some(1_024_000));
        assert_eq!(millis("129e6"), Some(129_000_000_000));
        assert_eq!(millis("1k"), Some(1_000_000));
        assert_eq!(millis("100n"), Some(1));
        assert_eq!(millis("99999999E"), Some(i64::MAX));
        for bad in ["", "m", "Gi", "1Q", "1.2.3", "--1", "e3", "NaN", "inf", "1 Gi"] {
            assert_eq!(millis(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn prints_the_shortest_exact_form() {
        for text in ["250m", "2", "1536Mi", "10Gi", "110", "0", "1500m"] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_left_holds_whole_pods_only() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!(quantity("3500m").minus(quantity("3")).holds(quantity("200m")), Some(2));
        assert_eq!(quantity("1").minus(quantity("3")).holds(quantity("200m")), Some(0));
        assert_eq!(quantity("1").holds(Quantity::ZERO), None);
        assert_eq!(quantity("128Mi").times(3), quantity("384Mi"));
    }

    #[test]
    fn percent_needs_a_whole() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!(quantity("9").percent_of(quantity("10")), Some(90));
        assert_eq!(quantity("9").percent_of(Quantity::ZERO), None);
        assert_eq!(quantity("8Ei").percent_of(quantity("8Ei")), Some(100));
    }
}
