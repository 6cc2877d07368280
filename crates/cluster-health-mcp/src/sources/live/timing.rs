//! How long the source waits for what. One place, so that tests can hurry.

use std::hash::BuildHasher;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// For an answer's head; an API server answers in milliseconds, one that is starting in seconds.
    pub answer: Duration,
    /// For the next object of a list that has begun: one that comes byte by byte is as good as none.
    pub object: Duration,
    /// Shortest length of one watch, after which the server ends it and it is asked for again. Ends are spread over a
    /// quarter more, so that watches do not all begin at once.
    pub watch: Duration,
    /// For the next line of a watch whose server sends bookmarks, which it does once a minute.
    pub quiet: Duration,
    /// Length of a watch on trial: the first after a failure or a silence. An API server ends it in time, and mostly says
    /// something before; whoever only took the request does neither.
    pub trial: Duration,
    /// Between two small requests that show whether the API server is there at all.
    pub pulse: Duration,
    /// Between two lists of a kind that cannot be watched.
    pub poll: Duration,
    /// Between two looks at alerts; rules are evaluated about as often.
    pub alerts: Duration,
    /// Before a kind that is forbidden or not served is asked for again.
    pub recheck: Duration,
    /// First and longest pause after a failure; pauses double in between.
    pub pause: (Duration, Duration),
    /// A kind that has not been followed for this long is stale.
    pub stale: Duration,
    /// Longest time between two assessments: findings that wait for time to pass come due.
    pub assess: Duration,
    /// Shortest time between two assessments.
    pub settle: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            answer: seconds(15),
            object: seconds(20),
            watch: seconds(240),
            quiet: seconds(75),
            trial: seconds(4),
            pulse: seconds(20),
            poll: seconds(60),
            alerts: seconds(30),
            recheck: seconds(30),
            pause: (Duration::from_millis(500), seconds(30)),
            stale: seconds(60),
            assess: seconds(10),
            settle: seconds(1),
        }
    }
}

/// Growing pauses with jitter.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new((first, longest): (Duration, Duration)) -> Self {
        Self { first, longest, next: first }
    }

    pub(super) fn pause(&mut self) -> Duration {
        let pause = spread(self.next / 2, self.next / 2);
        self.next = (self.next * 2).min(self.longest);
        pause
    }

    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// `least` and up to `more` on top, at random, so that clients and kinds do not move in step.
pub(super) fn spread(least: Duration, more: Duration) -> Duration {
    let random = std::hash::RandomState::new().hash_one(0_u8) >> 40;
    let parts = u32::try_from(random).unwrap_or(0) % 1000;
    least + more * parts / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_over() {
        let mut backoff = Backoff::new((Duration::from_millis(100), Duration::from_secs(1)));
        let pauses: Vec<Duration> = (0..8).map(|_| backoff.pause()).collect();
        assert!((50..100).contains(&pauses[0].as_millis()), "{pauses:?}");
        assert!((500..1000).contains(&pauses[7].as_millis()), "{pauses:?}");
        backoff.reset();
        assert!(backoff.pause() < Duration::from_millis(100));
    }

    #[test]
    fn no_two_spreads_need_be_alike() {
        let spreads: std::collections::HashSet<Duration> =
            (0..50).map(|_| spread(Duration::from_secs(1), Duration::from_secs(1))).collect();
        assert!(spreads.len() > 10 && spreads.iter().all(|it| (1000..2000).contains(&it.as_millis())));
    }
}
