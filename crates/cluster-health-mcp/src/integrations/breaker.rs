//! A circuit breaker: a service that failed several times in a row is left alone for a while, so that answers that could
//! do without it do not wait for it. After the pause one request finds out how it is.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row after which the service is left alone.
pub(super) const FAILURES: u32 = 5;

/// For how long.
pub(super) const PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
    last: String,
}

/// The service is being left alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) failures: u32,
    pub(super) pause: Duration,
    pub(super) last: String,
}

impl Breaker {
    /// Whether to ask. After a pause one caller is let through; others wait for what becomes of it.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Open> {
        match self.open_until {
            Some(until) if now < until => {
                Err(Open { failures: self.failures, pause: until - now, last: self.last.clone() })
            }
            Some(_) => {
                self.open_until = Some(now + PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, now: Instant, reason: String) {
        self.failures = self.failures.saturating_add(1);
        self.last = reason;
        if self.failures >= FAILURES {
            self.open_until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_five_failures_and_tries_once_after_the_pause() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES - 1 {
            breaker.failed(start, "down".to_owned());
        }
        assert!(breaker.admit(start).is_ok());
        breaker.failed(start, "down".to_owned());
        let open = breaker.admit(start + Duration::from_secs(10)).unwrap_err();
        assert_eq!(open, Open { failures: 5, pause: Duration::from_secs(20), last: "down".to_owned() });
        assert!(breaker.admit(start + PAUSE).is_ok());
        assert!(breaker.admit(start + PAUSE).is_err(), "only one finds out");
        breaker.succeeded();
        assert!(breaker.admit(start + PAUSE).is_ok());
        breaker.failed(start + PAUSE, "down".to_owned());
        assert!(breaker.admit(start + PAUSE).is_ok(), "counting begins anew");
    }
}
