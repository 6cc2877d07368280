//! The model while it is being kept up to date, and how well each kind is followed. Watches write, the assessor reads;
//! no answer waits for either.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cluster_health::change::Change;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::model::{Kind, Object};
use cluster_health::{Cluster, Index, Time};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::event::Unreadable;
use super::failure::Failure;
use crate::readiness::{Pending, Readiness};

pub(super) struct World {
    index: Mutex<Index>,
    /// In the order of [`Kind::ALL`].
    follows: Vec<Mutex<Follow>>,
    /// Something changed that an assessment would see.
    pub(super) changed: Notify,
    /// The server has answered: whoever waits for it may try at once.
    pub(super) back: Notify,
    answered: AtomicBool,
    hasher: RandomState,
}

/// How one kind is followed.
struct Follow {
    seen: Seen,
    /// Why it is not followed right now.
    lost: Option<Failure>,
    /// When the server was last heard about it.
    heard: Instant,
    heard_at: SystemTime,
    unreadable: Skipped,
    figures: FollowFigures,
    /// Kept until the kind has been listed, or is known not to be to have.
    pending: Option<Pending>,
    /// Answers that were refusals, in a row.
    refusals: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct FollowFigures {
    pub objects: u64,
    pub restarts: u64,
    pub relists: u64,
    pub unreadable: u64,
    /// When the server was last heard about the kind; nothing before the first time.
    pub heard: Option<SystemTime>,
    pub following: bool,
}

/// Objects that cannot be read. Those with a name can be crossed out when they change.
#[derive(Debug, Default)]
struct Skipped {
    named: BTreeMap<(String, String), String>,
    /// Without a name, or more than are worth remembering.
    others: u32,
    last: String,
}

const NAMED: usize = 1000;

/// A kind that the server refuses to tell this many times in a row is not waited for at start.
const REFUSALS: u32 = 3;

impl Skipped {
    fn add(&mut self, unreadable: Unreadable) {
        let name = match &unreadable.key {
            Some((namespace, name)) if namespace.is_empty() => name.clone(),
            Some((namespace, name)) => format!("{namespace}/{name}"),
            None => "one without a name".to_owned(),
        };
        let words = format!("{}: {}", cluster_health::untrusted::clean(&name, 160), unreadable.reason);
        match unreadable.key {
            Some(key) if self.named.len() < NAMED || self.named.contains_key(&key) => {
                self.named.insert(key, words);
            }
            _ => {
                self.others += 1;
                self.last = words;
            }
        }
    }

    fn remove(&mut self, (namespace, name): (&str, &str)) -> bool {
        !self.named.is_empty() && self.named.remove(&(namespace.to_owned(), name.to_owned())).is_some()
    }

    fn len(&self) -> usize {
        self.named.len() + self.others as usize
    }

    fn seen(&self) -> Seen {
        match self.len() {
            0 => Seen::Complete,
            1 => Seen::Partial { why: format!("1 object cannot be read ({})", self.example()) },
            count => Seen::Partial { why: format!("{count} objects cannot be read, such as {}", self.example()) },
        }
    }

    fn example(&self) -> &str {
        self.named.values().next().unwrap_or(&self.last)
    }
}

/// A list while it comes in. What the model held before and the list did not is gone.
pub(super) struct Listing {
    kind: Kind,
    /// Of the names that came, as hashes: names of a whole cluster would be a second copy of it. That a vanished
    /// object's hash is also another's is less likely than a bit that flips by itself.
    came: Option<std::collections::HashSet<u64>>,
    skipped: Skipped,
}

impl World {
    pub(super) fn new(readiness: &Readiness) -> Self {
        let follow = |kind: &Kind| {
            Mutex::new(Follow {
                seen: Seen::NotSeen(Reason::NotYet),
                lost: None,
                heard: Instant::now(),
                heard_at: SystemTime::now(),
                unreadable: Skipped::default(),
                figures: FollowFigures::default(),
                pending: Some(readiness.pending(kind.plural())),
                refusals: 0,
            })
        };
        Self {
            index: Mutex::default(),
            follows: Kind::ALL.iter().map(follow).collect(),
            changed: Notify::new(),
            back: Notify::new(),
            answered: AtomicBool::new(false),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn begin(&self, kind: Kind) -> Listing {
        let held = self.index().cluster().count(kind) > 0;
        Listing { kind, came: held.then(Default::default), skipped: Skipped::default() }
    }

    pub(super) fn listed(&self, listing: &mut Listing, object: Result<Object, Unreadable>) {
        match object {
            Ok(object) => {
                if let Some(came) = &mut listing.came {
                    came.insert(self.hasher.hash_one(object.key()));
                }
                self.index().apply(Change::Apply(object));
            }
            Err(unreadable) => listing.skipped.add(unreadable),
        }
    }

    /// The list is whole: what did not come is gone.
    pub(super) fn finish(&self, listing: Listing) {
        let Listing { kind, came, skipped } = listing;
        if let Some(came) = came {
            let held = self.index().cluster().names(kind);
            for (namespace, name) in held {
                if !came.contains(&self.hasher.hash_one((namespace.as_str(), name.as_str()))) {
                    let (namespace, name) = (namespace.to_string(), name.to_string());
                    self.index().apply(Change::Delete { kind, namespace, name });
                }
            }
        }
        {
            let mut follow = self.follow(kind);
            follow.unreadable = skipped;
            follow.seen = follow.unreadable.seen();
        }
        self.heard(kind);
        self.settle(kind);
    }

    pub(super) fn apply(&self, kind: Kind, object: Object) {
        self.readable(kind, object.key());
        self.index().apply(Change::Apply(object));
        self.changed.notify_one();
    }

    pub(super) fn delete(&self, kind: Kind, object: &Object) {
        self.readable(kind, object.key());
        self.remove(kind, object.key());
    }

    /// An object that cannot be read replaces what was known of it.
    pub(super) fn skip(&self, kind: Kind, unreadable: Unreadable) {
        if let Some((namespace, name)) = &unreadable.key {
            self.readable(kind, (namespace, name));
            self.remove(kind, (namespace, name));
        }
        if !unreadable.deleted {
            let mut follow = self.follow(kind);
            follow.unreadable.add(unreadable);
            follow.seen = follow.unreadable.seen();
        }
        self.changed.notify_one();
    }

    fn remove(&self, kind: Kind, (namespace, name): (&str, &str)) {
        self.index().apply(Change::Delete { kind, namespace: namespace.to_owned(), name: name.to_owned() });
        self.changed.notify_one();
    }

    fn readable(&self, kind: Kind, key: (&str, &str)) {
        let mut follow = self.follow(kind);
        if follow.unreadable.remove(key) {
            follow.seen = follow.unreadable.seen();
        }
    }

    /// The server has told something about the kind.
    pub(super) fn heard(&self, kind: Kind) {
        let mut follow = self.follow(kind);
        follow.heard = Instant::now();
        follow.heard_at = SystemTime::now();
        follow.refusals = 0;
        if follow.lost.take().is_some() {
            drop(follow);
            self.back.notify_waiters();
            self.changed.notify_one();
        }
    }

    /// The server has answered, whatever it was.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// The kind is not followed any more. `connected` when it was until this moment.
    pub(super) fn lost(&self, kind: Kind, failure: Failure, connected: bool) {
        let give_up = {
            let mut follow = self.follow(kind);
            if connected {
                follow.heard = Instant::now();
                follow.heard_at = SystemTime::now();
            }
            follow.refusals = if failure.is_absence() { 0 } else { follow.refusals + 1 };
            follow.lost = Some(failure);
            follow.refusals >= REFUSALS
        };
        if give_up {
            self.settle(kind);
        }
        self.changed.notify_one();
    }

    /// Nothing of the kind may be known, for a reason that the server gave.
    pub(super) fn unseen(&self, kind: Kind, reason: Reason) {
        let held = self.index().cluster().names(kind);
        for (namespace, name) in held {
            self.remove(kind, (&namespace, &name));
        }
        {
            let mut follow = self.follow(kind);
            follow.unreadable = Skipped::default();
            follow.seen = Seen::NotSeen(reason);
        }
        self.heard(kind);
        self.settle(kind);
    }

    fn settle(&self, kind: Kind) {
        let pending = self.follow(kind).pending.take();
        drop(pending);
        self.changed.notify_one();
    }

    pub(super) fn count(&self, kind: Kind, what: impl FnOnce(&mut FollowFigures)) {
        what(&mut self.follow(kind).figures);
    }

    /// Every kind has been listed or is known not to be to have.
    pub(super) fn is_settled(&self) -> bool {
        self.follows.iter().all(|follow| lock(follow).pending.is_none())
    }

    pub(super) fn follows_any(&self) -> bool {
        self.follows.iter().any(|follow| {
            let follow = lock(follow);
            follow.lost.is_none() && !matches!(follow.seen, Seen::NotSeen(_))
        })
    }

    /// Why kinds are not followed right now.
    pub(super) fn losses(&self) -> Vec<(Kind, Failure)> {
        let loss = |&kind: &Kind| Some((kind, self.follow(kind).lost.clone()?));
        Kind::ALL.iter().filter_map(loss).collect()
    }

    /// The state as it is now, with what is stale marked so. Cheap: it shares its objects with the model.
    pub(super) fn moment(&self, stale: Duration, longest_silence: Duration) -> Cluster {
        let mut index = self.index();
        for &kind in Kind::ALL {
            let seen = self.follow(kind).effective(stale, longest_silence);
            if index.cluster().coverage.of(kind) != &seen {
                index.apply(Change::Synced(kind, seen));
            }
        }
        index.cluster().clone()
    }

    pub(super) fn figures(&self, kind: Kind) -> FollowFigures {
        let objects = self.index().cluster().count(kind) as u64;
        let follow = self.follow(kind);
        let known = !matches!(follow.seen, Seen::NotSeen(_));
        FollowFigures {
            objects,
            unreadable: follow.unreadable.len() as u64,
            heard: known.then_some(follow.heard_at),
            following: known && follow.lost.is_none(),
            ..follow.figures
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        lock(&self.index)
    }

    #[expect(clippy::indexing_slicing, reason = "one entry a kind, in the order of Kind::ALL")]
    fn follow(&self, kind: Kind) -> MutexGuard<'_, Follow> {
        lock(&self.follows[kind as usize])
    }
}

impl Follow {
    fn effective(&self, stale: Duration, longest_silence: Duration) -> Seen {
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

pub(super) fn time(at: SystemTime) -> Time {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    Time::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
