//! Token buckets, one a key: a steady rate with room for a burst, for as many keys as are worth remembering.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cluster_health::ordered::Ordered;

/// A full bucket says nothing, so forgetting it is safe; beyond this many the fullest are forgotten.
const MOST_KEYS: usize = 4096;

#[derive(Debug)]
pub(crate) struct Buckets<K> {
    /// A second.
    rate: f64,
    burst: f64,
    levels: Mutex<HashMap<K, Level>>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        Self { rate: f64::from(rate), burst: f64::from(burst), levels: Mutex::default() }
    }

    /// Takes one token, or says how long it takes until there is one.
    pub(crate) fn take(&self, key: &K) -> Result<(), Duration> {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= MOST_KEYS && !levels.contains_key(key) {
            self.forget(&mut levels, now);
        }
        let level = levels.entry(key.clone()).or_insert(Level { tokens: self.burst, at: now });
        level.tokens = self.filled(*level, now);
        level.at = now;
        if level.tokens >= 1.0 {
            level.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - level.tokens) / self.rate.max(f64::MIN_POSITIVE))
            .min(Duration::from_secs(60)))
    }

    fn filled(&self, level: Level, now: Instant) -> f64 {
        (level.tokens + now.saturating_duration_since(level.at).as_secs_f64() * self.rate).min(self.burst)
    }

    fn forget(&self, levels: &mut HashMap<K, Level>, now: Instant) {
        levels.retain(|_, level| self.filled(*level, now) < self.burst);
        if levels.len() >= MOST_KEYS {
            let mut fills: Vec<f64> = levels.values().map(|level| self.filled(*level, now)).collect();
            fills.put_in_order_by(f64::total_cmp);
            let middle = fills.get(fills.len() / 2).copied().unwrap_or_default();
            levels.retain(|_, level| self.filled(*level, now) < middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let (buckets, start) = (Buckets::new(10, 3), Instant::now());
        let after = |millis| start + Duration::from_millis(millis);
        for _ in 0..3 {
            buckets.take_at(&"a", start).unwrap();
        }
        let wait = buckets.take_at(&"a", start).unwrap_err();
        assert!(wait > Duration::from_millis(50) && wait <= Duration::from_millis(100), "{wait:?}");
        buckets.take_at(&"b", start).unwrap();
        buckets.take_at(&"a", after(101)).unwrap();
        assert!(buckets.take_at(&"a", after(101)).is_err());
    }

    #[test]
    fn who_is_empty_stays_so_however_many_others_come() {
        let (buckets, start) = (Buckets::new(1, 1), Instant::now());
        buckets.take_at(&0, start).unwrap();
        for key in 1..3 * MOST_KEYS {
            let _ = buckets.take_at(&key, start + Duration::from_micros(key as u64));
            let _ = buckets.take_at(&0, start + Duration::from_micros(key as u64));
        }
        assert!(buckets.levels.lock().unwrap().len() <= MOST_KEYS);
    }
}
