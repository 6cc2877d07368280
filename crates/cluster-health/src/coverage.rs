//! What was seen of each kind, and why not. What was not seen is never taken for healthy.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::model::Kind;
use crate::name::Name;
use crate::time::Time;

/// How much of a kind a source could show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Every object of the kind.
    Complete,
    /// Every object in these namespaces; nothing is known about others.
    InNamespaces(Arc<BTreeSet<Name>>),
    /// Some objects are missing or could not be read; `why` is our own text and names how many where that is known.
    Partial {
        why: String,
    },
    /// What was seen until `since`; the source has lost sight of it, and it may have changed. `why` is our own text.
    Stale {
        since: Time,
        /// Until then every object had been seen.
        complete: bool,
        why: String,
    },
    NotSeen(Reason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The source has not finished its first listing.
    NotYet,
    Forbidden,
    /// The API has no such kind: the check does not apply.
    NotServed,
    /// The archive does not hold it; whether the cluster has any is unknown.
    NotCollected,
    /// Nobody said whom to ask: it is not part of what was to be looked at.
    NotConfigured,
    TimedOut,
    Failed,
}

impl Reason {
    /// Nothing is missing: there is no such thing here to look at.
    pub fn is_no_gap(self) -> bool {
        matches!(self, Reason::NotServed | Reason::NotConfigured)
    }

    pub fn words(self) -> &'static str {
        match self {
            Reason::NotYet => "not listed yet",
            Reason::Forbidden => "forbidden",
            Reason::NotServed => "not served by this cluster",
            Reason::NotCollected => "not in the archive",
            Reason::NotConfigured => "no monitoring is configured to ask",
            Reason::TimedOut => "timed out",
            Reason::Failed => "could not be read",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// One entry a kind.
#[derive(Clone, Debug)]
pub struct Coverage {
    kinds: Vec<Seen>,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { kinds: vec![Seen::NotSeen(Reason::NotYet); Kind::ALL.len()] }
    }
}

static UNKNOWN: Seen = Seen::NotSeen(Reason::NotYet);

impl Coverage {
    pub fn of(&self, kind: Kind) -> &Seen {
        self.kinds.get(kind as usize).unwrap_or(&UNKNOWN)
    }

    pub(crate) fn set(&mut self, kind: Kind, seen: Seen) {
        if let Some(entry) = self.kinds.get_mut(kind as usize) {
            *entry = seen;
        }
    }

    /// Why nothing of the kind is known; nothing when at least some was seen.
    pub fn unseen(&self, kind: Kind) -> Option<Reason> {
        match self.of(kind) {
            Seen::NotSeen(reason) => Some(*reason),
            Seen::Complete | Seen::InNamespaces(_) | Seen::Partial { .. } | Seen::Stale { .. } => None,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Kind, &Seen)> {
        Kind::ALL.iter().map(|&kind| (kind, self.of(kind)))
    }
}
