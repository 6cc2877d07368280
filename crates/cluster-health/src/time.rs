//! Points in time as the API writes them, in whole seconds. Reads no clock.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::decode::slot::{Misfit, Scalar, Slot};

/// Seconds since 1970-01-01T00:00:00Z, never zero, so that `Option<Time>` is eight bytes too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(NonZeroU64);

impl Time {
    /// Anything before 1970 becomes its first second: no cluster is that old.
    pub fn from_unix(seconds: i64) -> Self {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        Self(NonZeroU64::new(seconds).unwrap_or(NonZeroU64::MIN))
    }

    pub fn unix(self) -> i64 {
        i64::try_from(self.0.get()).unwrap_or(i64::MAX)
    }

    /// Reads RFC 3339, with or without fractions of a second, which are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(Self::from_unix(timestamp.as_second()))
    }

    /// Time from `earlier` until `self`; nothing when `earlier` is in the future, as with skewed clocks.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_secs(self.0.get().saturating_sub(earlier.0.get()))
    }

    pub fn plus(self, duration: Duration) -> Time {
        let seconds = self.0.get().saturating_add(duration.as_secs());
        Self(NonZeroU64::new(seconds).unwrap_or(NonZeroU64::MIN))
    }

    pub fn minus(self, duration: Duration) -> Time {
        let seconds = self.0.get().saturating_sub(duration.as_secs());
        Self(NonZeroU64::new(seconds).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.unix()) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Slot for Option<Time> {
    fn expecting(&self) -> &'static str {
        "a time such as 2026-01-31T10:00:00Z"
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        let Scalar::Text(text) = value else { return Err(Misfit::Type) };
        *self = Some(Time::parse(text).ok_or(Misfit::Value)?);
        Ok(())
    }
}

/// The two largest units of a duration, as a person says it: `45s`, `12m`, `3h5m`, `8d2h`.
pub fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, _, 0) => format!("{hours}h"),
        (0, _, _) => format!("{hours}h{minutes}m"),
        (_, 0, _) => format!("{days}d"),
        _ => format!("{days}d{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_api_writes_and_writes_it_back() {
        let time = Time::parse("2026-11-02T03:04:05.678901Z").unwrap();
        assert_eq!(time.to_string(), "2026-11-02T03:04:05Z");
        assert_eq!(Time::parse("2026-11-02T05:04:05+02:00"), Some(time));
        assert_eq!(Time::parse("yesterday"), None);
        assert_eq!(size_of::<Option<Time>>(), 8);
    }

    #[test]
    fn durations_never_go_below_zero() {
        let early = Time::from_unix(100);
        let late = Time::from_unix(160);
        assert_eq!(late.since(early), Duration::from_secs(60));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(Time::from_unix(-5), Time::from_unix(1));
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let short = |s| short(Duration::from_secs(s));
        assert_eq!(short(0), "0s");
        assert_eq!(short(59), "59s");
        assert_eq!(short(60 * 12 + 3), "12m");
        assert_eq!(short(3 * 3600), "3h");
        assert_eq!(short(3 * 3600 + 300), "3h5m");
        assert_eq!(short(8 * 86_400 + 7200), "8d2h");
    }
}
