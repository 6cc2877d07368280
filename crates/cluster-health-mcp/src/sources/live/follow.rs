//! One place, followed for as long as the server runs: ask, list, watch, and again from where it broke off.

mod after;
mod list;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cluster_health::model::Kind;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::access::Access;
use super::connection::Connection;
use super::event::{self, Event};
use super::failure::Failure;
use super::lines::Lines;
use super::paths;
use super::place::Place;
use super::timing::{Backoff, Timing, spread};
use super::world::World;

/// Lists that run at the same time: enough to be done soon, few enough for a server that other clients need too.
const LISTS: usize = 6;

/// A watch that ends sooner, without a word, was no watch.
const SHORTEST: Duration = Duration::from_secs(1);

/// A watch that ends this much too early ends in time.
const EARLY: Duration = Duration::from_millis(500);

/// What all followers share.
pub(super) struct Source {
    pub(super) connection: Connection,
    pub(super) access: Access,
    pub(super) world: World,
    pub(super) timing: Timing,
    lists: Semaphore,
}

impl Source {
    pub(super) fn new(connection: Connection, world: World, timing: Timing) -> Self {
        Self { connection, access: Access::new(timing.recheck / 2), world, timing, lists: Semaphore::new(LISTS) }
    }

    /// Longest a place that is followed can go without a word.
    pub(super) fn longest_silence(&self) -> Duration {
        self.timing.watch + self.timing.watch / 2 + self.timing.stale
    }
}

struct Follower {
    source: Arc<Source>,
    place: Place,
    /// Up to where the model is true; empty when the place has to be listed.
    version: String,
    /// Lists come as streams, until the server says otherwise.
    streams: bool,
    /// The server has sent a bookmark, so silence means something.
    bookmarks: bool,
    /// It can only be listed.
    polls: bool,
    /// Watches were refused by a server that has the kind.
    unwatchable: bool,
    /// The last that came from the API server was its own word and no failure or silence, so that a watch which says
    /// nothing at first is taken for one.
    trusted: bool,
    backoff: Backoff,
    nonsense: u32,
    last_expired: Option<Instant>,
    /// The watch of this round was there, so it broke off only now.
    standing: bool,
    /// Followers of single namespaces, while the kind may not be read everywhere.
    instead: JoinSet<()>,
}

/// Never returns.
pub(super) fn follow(source: Arc<Source>, place: Place) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let backoff = Backoff::new(source.timing.pause);
    let mut follower = Follower {
        source,
        place,
        version: String::new(),
        streams: true,
        bookmarks: false,
        polls: false,
        unwatchable: false,
        trusted: false,
        backoff,
        nonsense: 0,
        last_expired: None,
        standing: false,
        instead: JoinSet::new(),
    };
    Box::pin(async move {
        loop {
            let mut heard = 0;
            let began = Instant::now();
            follower.standing = false;
            let ended = follower.round(&mut heard).await;
            if !matches!(&ended, Err(failure) if failure.is_absence() || matches!(failure, Failure::Silent | Failure::Credentials(_)))
            {
                follower.source.world.answered();
            }
            follower.after(ended, heard, began.elapsed()).await;
        }
    })
}

impl Follower {
    fn kind(&self) -> Kind {
        self.place.kind
    }

    /// Lists if it has to, then watches until the watch ends. `heard` counts what the watch told.
    async fn round(&mut self, heard: &mut u64) -> Result<(), Failure> {
        let timing = self.source.timing;
        let length = spread(timing.watch, timing.watch / 4);
        let streamed = if self.version.is_empty() { self.list(length).await? } else { None };
        if self.polls {
            self.stands();
            return Ok(());
        }
        if let Some(lines) = streamed {
            self.stands();
            return self.watch(lines, length, heard).await;
        }
        let length = if self.trusted { length } else { timing.trial };
        let path = paths::watch(&self.place, &self.version, length);
        let body = match self.source.connection.stream(&path).await {
            Ok(response) => response.into_body(),
            Err(Failure::Refused { code: 405, .. }) => {
                self.unwatchable = true;
                self.version.clear();
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        self.standing = self.trusted;
        self.watch(Lines::new(body), length, heard).await
    }

    async fn watch(&mut self, mut lines: Lines, length: Duration, heard: &mut u64) -> Result<(), Failure> {
        let (source, timing) = (self.source.clone(), self.source.timing);
        let began = Instant::now();
        let ends = began + length + if self.trusted { timing.answer } else { length };
        loop {
            let quiet = if self.trusted && self.bookmarks { Instant::now() + timing.quiet } else { ends };
            let line = tokio::select! {
                line = lines.next(quiet.min(ends)) => line,
                // Silence may be a connection whose other end is gone; asking again will show
                () = source.world.doubt.notified(), if self.trusted => Err(Failure::TimedOut(timing.quiet)),
            };
            let line = match line {
                Ok(Some(line)) => line,
                Ok(None) if began.elapsed() + EARLY >= length => {
                    self.stands();
                    return Ok(());
                }
                // A login page has a head as well
                Ok(None) if *heard == 0 && (!self.trusted || began.elapsed() < SHORTEST) => {
                    return Err(Failure::garbled("the watch ended before it told anything"));
                }
                Ok(None) if *heard > 0 => return Ok(()),
                Err(Failure::TimedOut(_)) if !self.trusted => return Err(Failure::Silent),
                Ok(None) | Err(Failure::TimedOut(_)) => {
                    self.trusted = false;
                    return Ok(());
                }
                Err(failure) => return Err(failure),
            };
            *heard += 1;
            match event::read(self.place.kind, line)? {
                Event::Applied(object) => {
                    self.move_to(object.resource_version());
                    source.world.apply(&self.place, object);
                }
                Event::Deleted(object) => {
                    self.move_to(object.resource_version());
                    source.world.delete(&self.place, &object);
                }
                Event::Bookmark { version, .. } => {
                    self.bookmarks = true;
                    self.move_to(&version);
                }
                Event::Unreadable(unreadable) => {
                    self.move_to(&unreadable.version);
                    source.world.skip(&self.place, unreadable);
                }
            }
            self.nonsense = 0;
            self.stands();
        }
    }

    /// The API server has told something: an event, a bookmark, a list, or the end of a watch in time.
    fn stands(&mut self) {
        if !self.standing {
            self.standing = true;
            self.backoff.reset();
        }
        self.trusted = true;
        self.source.world.heard(&self.place);
    }

    fn move_to(&mut self, version: &str) {
        if !version.is_empty() {
            self.version.clear();
            self.version.push_str(version);
        }
    }
}
