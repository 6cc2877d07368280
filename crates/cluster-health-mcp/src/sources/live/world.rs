//! The model while it is being kept up to date, and how well each kind is followed. Watches write, the assessor reads;
//! no answer waits for either.

mod follow;
mod skipped;

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cluster_health::change::Change;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::model::{Kind, Object, Scope};
use cluster_health::name::Name;
use cluster_health::{Cluster, Index, Time};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::event::Unreadable;
use super::failure::Failure;
use super::place::{Namespaces, Place};
use crate::readiness::{Pending, Readiness};
use follow::{Follow, together};
use skipped::Skipped;

pub(super) struct World {
    index: Mutex<Index>,
    pub(super) namespaces: Namespaces,
    /// By the slots of places.
    follows: Vec<Mutex<Follow>>,
    /// In the order of [`Kind::ALL`].
    kinds: Vec<Mutex<Following>>,
    /// Something changed that an assessment would see.
    pub(super) changed: Notify,
    /// The server has answered: whoever waits for it may try at once.
    pub(super) back: Notify,
    /// Nobody answers any more, so that watches which are silent may be dead.
    pub(super) doubt: Notify,
    answered: AtomicBool,
    hasher: RandomState,
}

/// Where one kind is followed.
struct Following {
    /// In single namespaces, and not everywhere.
    narrow: bool,
    /// Kept until the kind has been listed, or is known not to be to have.
    pending: Option<Pending>,
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

/// A kind that the server refuses to tell this many times in a row is not waited for at start.
const REFUSALS: u32 = 3;

/// A list while it comes in. What the model held before and the list did not is gone.
pub(super) struct Listing {
    place: Place,
    /// Of the names that came, as hashes: names of a whole cluster would be a second copy of it. That a vanished
    /// object's hash is also another's is less likely than a bit that flips by itself.
    came: Option<std::collections::HashSet<u64>>,
    skipped: Skipped,
}

impl World {
    pub(super) fn new(readiness: &Readiness, namespaces: Namespaces) -> Self {
        let slots = Kind::ALL.len() * (1 + namespaces.len());
        let following = |&kind: &Kind| {
            let narrow = namespaces.are_chosen() && kind.scope() == Scope::Namespaced && kind.is_served();
            Mutex::new(Following { narrow, pending: Some(readiness.pending(kind.plural())) })
        };
        Self {
            index: Mutex::default(),
            follows: std::iter::repeat_with(|| Mutex::new(Follow::new())).take(slots).collect(),
            kinds: Kind::ALL.iter().map(following).collect(),
            namespaces,
            doubt: Notify::new(),
            changed: Notify::new(),
            back: Notify::new(),
            answered: AtomicBool::new(false),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn begin(&self, place: &Place) -> Listing {
        let held = self.index().cluster().count(place.kind) > 0;
        Listing { place: place.clone(), came: held.then(Default::default), skipped: Skipped::default() }
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
        let Listing { place, came, skipped } = listing;
        if let Some(came) = came {
            for (namespace, name) in self.held(&place) {
                if !came.contains(&self.hasher.hash_one((namespace.as_str(), name.as_str()))) {
                    let (namespace, name) = (namespace.to_string(), name.to_string());
                    self.index().apply(Change::Delete { kind: place.kind, namespace, name });
                }
            }
        }
        {
            let mut follow = self.follow(&place);
            follow.unreadable = skipped;
            follow.seen = follow.unreadable.seen();
        }
        self.heard(&place);
        self.settle(&place);
    }

    /// The list was whole, and still not all there is.
    pub(super) fn seen_in_part(&self, place: &Place, seen: Seen) {
        self.follow(place).seen = seen;
    }

    /// Names that the model holds of a place.
    fn held(&self, place: &Place) -> Vec<(Name, Name)> {
        let mut held = self.index().cluster().names(place.kind);
        if let Some(wanted) = &place.namespace {
            held.retain(|(namespace, _)| **namespace == **wanted);
        }
        held
    }

    pub(super) fn apply(&self, place: &Place, object: Object) {
        self.readable(place, object.key());
        self.index().apply(Change::Apply(object));
        self.changed.notify_one();
    }

    pub(super) fn delete(&self, place: &Place, object: &Object) {
        self.readable(place, object.key());
        self.remove(place.kind, object.key());
    }

    /// An object that cannot be read replaces what was known of it.
    pub(super) fn skip(&self, place: &Place, unreadable: Unreadable) {
        if let Some((namespace, name)) = &unreadable.key {
            self.readable(place, (namespace, name));
            self.remove(place.kind, (namespace, name));
        }
        if !unreadable.deleted {
            let mut follow = self.follow(place);
            follow.unreadable.add(unreadable);
            follow.seen = follow.unreadable.seen();
        }
        self.changed.notify_one();
    }

    fn remove(&self, kind: Kind, (namespace, name): (&str, &str)) {
        self.index().apply(Change::Delete { kind, namespace: namespace.to_owned(), name: name.to_owned() });
        self.changed.notify_one();
    }

    fn readable(&self, place: &Place, key: (&str, &str)) {
        let mut follow = self.follow(place);
        if follow.unreadable.remove(key) {
            follow.seen = follow.unreadable.seen();
        }
    }

    /// The server has told something about the place.
    pub(super) fn heard(&self, place: &Place) {
        let mut follow = self.follow(place);
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

    /// The place is not followed any more. `connected` when it was until this moment.
    pub(super) fn lost(&self, place: &Place, failure: Failure, connected: bool) {
        let give_up = {
            let mut follow = self.follow(place);
            if connected {
                follow.heard = Instant::now();
                follow.heard_at = SystemTime::now();
            }
            follow.refusals = if failure.is_absence() { 0 } else { follow.refusals + 1 };
            follow.lost = Some(failure);
            follow.refusals >= REFUSALS || !place.kind.is_served()
        };
        if give_up {
            self.settle(place);
        }
        self.changed.notify_one();
    }

    /// Nothing of the place may be known, for a reason that the server gave, but for what others follow.
    pub(super) fn unseen(&self, place: &Place, reason: Reason) {
        let others = place.namespace.is_none() && self.following(place.kind).narrow;
        for (namespace, name) in self.held(place) {
            if !(others && self.namespaces.contains(&namespace)) {
                self.remove(place.kind, (&namespace, &name));
            }
        }
        {
            let mut follow = self.follow(place);
            follow.unreadable = Skipped::default();
            follow.seen = Seen::NotSeen(reason);
        }
        self.heard(place);
        self.settle(place);
    }

    fn settle(&self, place: &Place) {
        self.follow(place).settled = true;
        if self.places(place.kind).iter().all(|place| self.follow(place).settled) {
            let pending = self.following(place.kind).pending.take();
            drop(pending);
        }
        self.changed.notify_one();
    }

    pub(super) fn count(&self, place: &Place, what: impl FnOnce(&mut FollowFigures)) {
        what(&mut self.follow(place).figures);
    }

    pub(super) fn polled(&self, place: &Place, polled: bool) {
        self.follow(place).polled = polled;
    }

    /// From now on the kind is followed in single namespaces.
    pub(super) fn narrow(&self, kind: Kind) {
        self.following(kind).narrow = true;
    }

    /// The kind is followed everywhere again, as soon as it has been listed.
    pub(super) fn widen(&self, kind: Kind) {
        self.following(kind).narrow = false;
        self.follow(&Namespaces::everywhere(kind)).seen = Seen::NotSeen(Reason::NotYet);
        self.namespaces.each(kind).for_each(|place| *self.follow(&place) = Follow::new());
    }

    /// Where the kind is followed now.
    fn places(&self, kind: Kind) -> Vec<Place> {
        if self.following(kind).narrow {
            self.namespaces.each(kind).collect()
        } else {
            vec![Namespaces::everywhere(kind)]
        }
    }

    /// Kinds that are followed in single namespaces because rights reach no further.
    pub(super) fn narrowed(&self) -> Vec<Kind> {
        let seen = |&kind: &Kind| {
            let places = self.places(kind);
            places.iter().any(|place| place.namespace.is_some() && !matches!(self.follow(place).seen, Seen::NotSeen(_)))
        };
        let all = if self.namespaces.are_chosen() { &[] } else { Kind::ALL };
        all.iter().copied().filter(seen).collect()
    }

    /// Kinds that are listed again and again instead of being watched.
    pub(super) fn unwatched(&self) -> Vec<Kind> {
        let polled = |&kind: &Kind| self.places(kind).iter().any(|place| self.follow(place).polled);
        Kind::ALL.iter().copied().filter(polled).collect()
    }

    /// Every kind has been listed or is known not to be to have.
    pub(super) fn is_settled(&self) -> bool {
        self.kinds.iter().all(|kind| lock(kind).pending.is_none())
    }

    pub(super) fn follows_any(&self) -> bool {
        let follows = |place: &Place| {
            let follow = self.follow(place);
            follow.lost.is_none() && !matches!(follow.seen, Seen::NotSeen(_))
        };
        Kind::served().any(|kind| self.places(kind).iter().any(follows))
    }

    /// Why kinds of the API are not followed right now.
    pub(super) fn losses(&self) -> Vec<(Kind, Failure)> {
        Kind::served().filter_map(|kind| Some((kind, self.loss(kind)?))).collect()
    }

    /// Why alerts, or silences, are not seen right now.
    pub(super) fn monitoring_away(&self) -> Option<Failure> {
        Kind::ALL.iter().filter(|kind| !kind.is_served()).find_map(|&kind| self.loss(kind))
    }

    fn loss(&self, kind: Kind) -> Option<Failure> {
        self.places(kind).iter().find_map(|place| self.follow(place).lost.clone())
    }

    /// The state as it is now, with what is stale marked so. Cheap: it shares its objects with the model.
    pub(super) fn moment(&self, stale: Duration, longest_silence: Duration) -> Cluster {
        let seen: Vec<Seen> = Kind::ALL.iter().map(|&kind| self.seen(kind, stale, longest_silence)).collect();
        let mut index = self.index();
        for (&kind, seen) in Kind::ALL.iter().zip(seen) {
            if index.cluster().coverage.of(kind) != &seen {
                index.apply(Change::Synced(kind, seen));
            }
        }
        index.cluster().clone()
    }

    fn seen(&self, kind: Kind, stale: Duration, longest_silence: Duration) -> Seen {
        let places = self.places(kind);
        let each: Vec<(&Place, Seen)> =
            places.iter().map(|place| (place, self.follow(place).effective(stale, longest_silence))).collect();
        together(each)
    }

    pub(super) fn figures(&self, kind: Kind) -> FollowFigures {
        let mut sum = FollowFigures { objects: self.index().cluster().count(kind) as u64, ..FollowFigures::default() };
        let mut lost = false;
        for place in self.places(kind) {
            let follow = self.follow(&place);
            sum.unreadable += follow.unreadable.len() as u64;
            sum.restarts += follow.figures.restarts;
            sum.relists += follow.figures.relists;
            if !matches!(follow.seen, Seen::NotSeen(_)) {
                sum.heard = Some(sum.heard.map_or(follow.heard_at, |heard| heard.min(follow.heard_at)));
                lost |= follow.lost.is_some();
            }
        }
        sum.following = sum.heard.is_some() && !lost;
        sum
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        lock(&self.index)
    }

    #[expect(clippy::indexing_slicing, reason = "one entry a slot, and slots are those of the same namespaces")]
    fn follow(&self, place: &Place) -> MutexGuard<'_, Follow> {
        lock(&self.follows[place.slot])
    }

    #[expect(clippy::indexing_slicing, reason = "one entry a kind, in the order of Kind::ALL")]
    fn following(&self, kind: Kind) -> MutexGuard<'_, Following> {
        lock(&self.kinds[kind as usize])
    }
}

pub(super) fn time(at: SystemTime) -> Time {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    Time::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
