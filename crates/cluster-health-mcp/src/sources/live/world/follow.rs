//! How one place is followed, and how much of a kind that makes of several.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cluster_health::coverage::{Reason, Seen};
use tokio::time::Instant;

use super::skipped::Skipped;
use super::{FollowFigures, time};
use crate::sources::live::failure::Failure;
use crate::sources::live::place::{Place, names};

/// How one place is followed.
pub(super) struct Follow {
    pub(super) seen: Seen,
    /// Why it is not followed right now.
    pub(super) lost: Option<Failure>,
    /// When the server was last heard about it.
    pub(super) heard: Instant,
    pub(super) heard_at: SystemTime,
    pub(super) unreadable: Skipped,
    pub(super) figures: FollowFigures,
    /// Listed again and again, since it cannot be watched.
    pub(super) polled: bool,
    /// It has been listed, or is known not to be to have.
    pub(super) settled: bool,
    /// Answers that were refusals, in a row.
    pub(super) refusals: u32,
}

/// How much of a kind was seen in all its places.
pub(super) fn together(mut places: Vec<(&Place, Seen)>) -> Seen {
    if let [(Place { namespace: None, .. }, _)] = &places[..] {
        return places.swap_remove(0).1;
    }
    if places.iter().any(|(_, seen)| *seen != Seen::NotSeen(Reason::Forbidden)) {
        places.retain(|(_, seen)| *seen != Seen::NotSeen(Reason::Forbidden));
    }
    // The least that was seen of one speaks for all, with whose name it is
    let worst = places.iter().max_by_key(|(_, seen)| match seen {
        Seen::Complete | Seen::InNamespaces(_) => 0,
        Seen::Partial { .. } => 1,
        Seen::Stale { .. } => 2,
        Seen::NotSeen(_) => 3,
    });
    match worst {
        None | Some((_, Seen::Complete | Seen::InNamespaces(_))) => {
            Seen::InNamespaces(Arc::new(names(places.iter().map(|(place, _)| *place))))
        }
        Some((place, Seen::Partial { why })) => {
            Seen::Partial { why: format!("{why}, in {}", place.namespace.as_deref().unwrap_or_default()) }
        }
        // Of single namespaces not every object has been seen
        Some((_, Seen::Stale { since, why, .. })) => Seen::Stale { since: *since, complete: false, why: why.clone() },
        Some((_, Seen::NotSeen(reason))) => Seen::NotSeen(*reason),
    }
}

impl Follow {
    pub(super) fn new() -> Self {
        Self {
            seen: Seen::NotSeen(Reason::NotYet),
            lost: None,
            heard: Instant::now(),
            heard_at: SystemTime::now(),
            unreadable: Skipped::default(),
            figures: FollowFigures::default(),
            polled: false,
            settled: false,
            refusals: 0,
        }
    }

    pub(super) fn effective(&self, stale: Duration, longest_silence: Duration) -> Seen {
        match &self.seen {
            Seen::Complete | Seen::Partial { .. } => {
                // A machine that slept does not count its sleep; its clock does
                let asleep = self.heard_at.elapsed().unwrap_or_default() > longest_silence;
                let lost = self.lost.is_some() && self.heard.elapsed() > stale;
                if !asleep && !lost {
                    return self.seen.clone();
                }
                let why = self.lost.as_ref().map_or_else(|| "nothing was heard".to_owned(), Failure::to_string);
                Seen::Stale { since: time(self.heard_at), complete: self.seen == Seen::Complete, why }
            }
            Seen::NotSeen(Reason::NotYet) => Seen::NotSeen(match &self.lost {
                Some(Failure::TimedOut(_)) => Reason::TimedOut,
                Some(failure) if !failure.is_absence() => Reason::Failed,
                _ => Reason::NotYet,
            }),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use cluster_health::Time;
    use cluster_health::model::Kind;

    use super::*;
    use crate::sources::live::place::Namespaces;

    fn of_two(first: Seen, second: Seen) -> Seen {
        let namespaces = Namespaces::chosen(&["a", "b"].map(str::to_owned));
        let places: Vec<Place> = namespaces.each(Kind::Pod).collect();
        together(places.iter().zip([first, second]).collect())
    }

    fn within(names: &[&str]) -> Seen {
        Seen::InNamespaces(Arc::new(names.iter().map(|name| (*name).into()).collect()))
    }

    #[test]
    fn what_is_seen_in_single_namespaces_is_never_everything() {
        let forbidden = || Seen::NotSeen(Reason::Forbidden);
        assert_eq!(of_two(Seen::Complete, Seen::Complete), within(&["a", "b"]));
        assert_eq!(of_two(Seen::Complete, forbidden()), within(&["a"]));
        assert_eq!(of_two(forbidden(), forbidden()), forbidden());
        let stale = |complete| Seen::Stale { since: Time::from_unix(1), complete, why: String::new() };
        assert_eq!(of_two(Seen::Complete, stale(true)), stale(false));
        let Seen::Partial { why } = of_two(Seen::Partial { why: "x".to_owned() }, Seen::Complete) else { panic!() };
        assert_eq!(why, "x, in a");
        assert_eq!(of_two(Seen::Complete, Seen::NotSeen(Reason::NotYet)), Seen::NotSeen(Reason::NotYet));
    }
}
