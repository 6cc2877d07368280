//! How the fake can be told to misbehave.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;

/// How requests are answered. The default is a healthy, recent API server.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// `sendInitialEvents` is served (on in Kubernetes 1.32 and from 1.34). Off, it is refused with 422, as 1.33 does.
    pub watch_list: bool,
    /// The whole of discovery in one answer each for `/api` and `/apis`.
    pub aggregated_discovery: bool,
    /// Lists of more than 128 KiB are compressed for who accepts it.
    pub gzip: bool,
    /// How often a watch that allows it gets a bookmark.
    pub bookmarks_every: Duration,
    /// Plurals that may not be read, or `pods/log`: 403, and access reviews say no.
    pub forbidden: BTreeSet<String>,
    /// Whose requests for logs are answered, by their whole `Authorization`; everybody's without.
    pub log_readers: Option<BTreeSet<String>>,
    /// Plurals that may be listed and not watched.
    pub unwatchable: BTreeSet<String>,
    /// Nothing may be read but in these namespaces.
    pub only_in: Option<BTreeSet<String>>,
    /// Plurals that are not served: 404, and absent from discovery.
    pub unserved: BTreeSet<String>,
    /// Access reviews themselves are refused with 403.
    pub reviews_forbidden: bool,
    /// By plural, or `*`: lists and watches are refused with this instead of being answered.
    pub refusals: BTreeMap<String, Refusal>,
    /// Every answer takes this long to begin.
    pub latency: Duration,
    /// Requests are taken and never answered.
    pub silent: bool,
    /// Watches are answered with a head, and then neither told anything nor ended.
    pub silent_watches: bool,
    /// A page never has more items than this, whatever was asked.
    pub largest_page: usize,
    /// Continue tokens are refused with 410 from the second page on, this many times.
    pub expire_continue: u32,
    /// One list or streamed list ends in the middle of its n-th item, as when the connection breaks.
    pub cut_lists_after: Option<usize>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            watch_list: true,
            aggregated_discovery: true,
            gzip: true,
            bookmarks_every: Duration::from_secs(60),
            forbidden: BTreeSet::new(),
            log_readers: None,
            unwatchable: BTreeSet::new(),
            only_in: None,
            unserved: BTreeSet::new(),
            reviews_forbidden: false,
            refusals: BTreeMap::new(),
            latency: Duration::ZERO,
            silent: false,
            silent_watches: false,
            largest_page: usize::MAX,
            expire_continue: 0,
            cut_lists_after: None,
        }
    }
}

impl Behaviour {
    pub(super) fn forbids(&self, verb: &str, plural: &str, namespace: Option<&str>) -> bool {
        let elsewhere = |only: &BTreeSet<String>| !namespace.is_some_and(|namespace| only.contains(namespace));
        self.forbidden.contains(plural)
            || (verb == "watch" && self.unwatchable.contains(plural))
            || self.only_in.as_ref().is_some_and(elsewhere)
    }

    pub(super) fn expires_continue(&mut self) -> bool {
        let expires = self.expire_continue > 0;
        self.expire_continue = self.expire_continue.saturating_sub(1);
        expires
    }
}

/// An answer instead of the answer.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// 429, 500, 503 and the like.
    pub status: u16,
    pub retry_after_seconds: Option<u32>,
    /// How many requests get it.
    pub times: u32,
}

/// What can be done to an open watch.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Ends it cleanly, as a timeout does.
    End,
    /// Breaks the connection in the middle of the stream.
    Cut,
    /// Sends an `ERROR` event of 410 and ends; older versions are refused with 410 from now on.
    Expire,
    /// Sends these bytes as they are: no JSON, half an event, an object of the wrong shape.
    Garbage(Bytes),
    /// Sends nothing any more and stays open.
    Silence,
}
