//! One kind, followed for as long as the server runs: ask, list, watch, and again from where it broke off.

use std::sync::Arc;
use std::time::Duration;

use cluster_health::coverage::Reason;
use cluster_health::model::Kind;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::access::Access;
use super::connection::Connection;
use super::event::{self, Event};
use super::failure::Failure;
use super::lines::{self, Lines};
use super::pages::Page;
use super::paths;
use super::timing::{Backoff, Timing, spread};
use super::world::{Listing, World};

/// Lists that run at the same time: enough to be done soon, few enough for a server that other clients need too.
const LISTS: usize = 6;

/// Pages whose server has forgotten where they began this often are asked for as one.
const EXPIRED_PAGES: u32 = 2;

/// A watch that gives nonsense at the same place this often is not asked again from there.
const NONSENSE: u32 = 3;

/// A watch that ends sooner, without a word, was no watch.
const SHORTEST: Duration = Duration::from_secs(1);

/// What all kinds share.
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

    /// Longest a kind that is followed can go without a word.
    pub(super) fn longest_silence(&self) -> Duration {
        self.timing.watch + self.timing.watch / 2 + self.timing.stale
    }
}

struct Follower {
    source: Arc<Source>,
    kind: Kind,
    /// Up to where the model is true; empty when the kind has to be listed.
    version: String,
    /// Lists come as streams, until the server says otherwise.
    streams: bool,
    /// The server has sent a bookmark, so silence means something.
    bookmarks: bool,
    backoff: Backoff,
    nonsense: u32,
    last_expired: Option<Instant>,
    /// The watch of this round was there, so it broke off only now.
    standing: bool,
}

/// Never returns.
pub(super) async fn follow(source: Arc<Source>, kind: Kind) {
    let backoff = Backoff::new(source.timing.pause);
    let mut follower = Follower {
        source,
        kind,
        version: String::new(),
        streams: true,
        bookmarks: false,
        backoff,
        nonsense: 0,
        last_expired: None,
        standing: false,
    };
    loop {
        let mut heard = 0;
        let began = Instant::now();
        follower.standing = false;
        let ended = follower.round(&mut heard).await;
        if !matches!(ended, Err(Failure::Unreachable(_) | Failure::TimedOut(_) | Failure::Credentials(_))) {
            follower.source.world.answered();
        }
        follower.after(ended, heard, began.elapsed()).await;
    }
}

impl Follower {
    /// Lists if it has to, then watches until the watch ends. `heard` counts what the watch told.
    async fn round(&mut self, heard: &mut u64) -> Result<(), Failure> {
        let length = spread(self.source.timing.watch, self.source.timing.watch / 4);
        let ends = Instant::now() + length + self.source.timing.answer;
        let streamed = if self.version.is_empty() { self.list(length).await? } else { None };
        let listed = streamed.is_some();
        let mut lines = match streamed {
            Some(lines) => lines,
            None => {
                let path = paths::watch(self.kind, &self.version, length);
                Lines::new(self.source.connection.stream(&path).await?.into_body())
            }
        };
        if listed {
            self.stands();
        }
        loop {
            let quiet = match (self.standing, self.bookmarks) {
                (false, _) => Instant::now() + SHORTEST.min(self.source.timing.quiet),
                (true, true) => Instant::now() + self.source.timing.quiet,
                (true, false) => ends,
            };
            let line = match lines.next(quiet.min(ends)).await {
                Ok(Some(line)) => line,
                Err(Failure::TimedOut(_)) if !self.standing => {
                    self.stands();
                    continue;
                }
                // A login page has a head as well
                Ok(None) if !self.standing => return Err(Failure::garbled("the watch ended before it told anything")),
                // Silence may be a connection whose other end is gone; asking again will show
                Ok(None) | Err(Failure::TimedOut(_)) => return Ok(()),
                Err(failure) => return Err(failure),
            };
            *heard += 1;
            match event::read(self.kind, line)? {
                Event::Applied(object) => {
                    self.move_to(object.resource_version());
                    self.source.world.apply(self.kind, object);
                }
                Event::Deleted(object) => {
                    self.move_to(object.resource_version());
                    self.source.world.delete(self.kind, &object);
                }
                Event::Bookmark { version, .. } => {
                    self.bookmarks = true;
                    self.move_to(&version);
                }
                Event::Unreadable(unreadable) => {
                    self.move_to(&unreadable.version);
                    self.source.world.skip(self.kind, unreadable);
                }
            }
            self.nonsense = 0;
            self.stands();
            self.source.world.heard(self.kind);
        }
    }

    /// The answer is a watch: it has told something, or has not ended for a while.
    fn stands(&mut self) {
        if !self.standing {
            self.standing = true;
            self.backoff.reset();
            self.source.world.heard(self.kind);
        }
    }

    fn move_to(&mut self, version: &str) {
        if !version.is_empty() {
            self.version.clear();
            self.version.push_str(version);
        }
    }

    /// Lists the kind. A streamed list goes on as the watch that is returned.
    async fn list(&mut self, length: Duration) -> Result<Option<Lines>, Failure> {
        let source = self.source.clone();
        source.access.ask(&source.connection, self.kind).await?;
        source.world.answered();
        // Never closed
        let _permit = source.lists.acquire().await;
        if self.streams {
            match self.stream(length).await {
                Err(Failure::NoStreaming) => {}
                streamed => return streamed.map(Some),
            }
        }
        self.pages().await?;
        Ok(None)
    }

    async fn stream(&mut self, length: Duration) -> Result<Lines, Failure> {
        let source = self.source.clone();
        let response = source.connection.stream(&paths::stream(self.kind, length)).await;
        let mut lines = match response {
            Ok(response) => Lines::new(response.into_body()),
            // Servers without the feature find the request invalid
            Err(Failure::Refused { code: 400 | 422, .. }) => {
                self.streams = false;
                return Err(Failure::NoStreaming);
            }
            // So it says when its etcd is too old for streams; pages will show whether more is wrong
            Err(Failure::Refused { code: 500, .. }) => return Err(Failure::NoStreaming),
            Err(failure) => return Err(failure),
        };
        let mut listing = source.world.begin(self.kind);
        loop {
            let line = match lines.next(Instant::now() + source.timing.object).await {
                Ok(Some(line)) => line,
                // A server that takes the request for a plain watch never comes to the end of the list
                Ok(None) | Err(Failure::TimedOut(_)) => return Err(Failure::NoStreaming),
                Err(failure) => return Err(failure),
            };
            match event::read(self.kind, line)? {
                Event::Applied(object) => source.world.listed(&mut listing, Ok(object)),
                Event::Unreadable(unreadable) => source.world.listed(&mut listing, Err(unreadable)),
                Event::Bookmark { version, initial: true } => {
                    self.bookmarks = true;
                    self.move_to(&version);
                    source.world.finish(listing);
                    return Ok(lines);
                }
                Event::Bookmark { .. } => {}
                Event::Deleted(_) => return Err(Failure::NoStreaming),
            }
        }
    }

    async fn pages(&mut self) -> Result<(), Failure> {
        let source = self.source.clone();
        let mut expired = 0;
        loop {
            let mut listing = source.world.begin(self.kind);
            match self.all_pages(&mut listing, expired < EXPIRED_PAGES).await {
                Ok(version) => {
                    self.version = version;
                    source.world.finish(listing);
                    return Ok(());
                }
                Err(Failure::Expired) if expired < EXPIRED_PAGES => expired += 1,
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn all_pages(&self, listing: &mut Listing, paged: bool) -> Result<String, Failure> {
        let mut next = String::new();
        loop {
            let response = self.source.connection.get(&paths::list(self.kind, &next, paged)).await?;
            let (mut body, mut page) = (response.into_body(), Page::default());
            let mut deadline = Instant::now() + self.source.timing.object;
            while let Some(chunk) = lines::chunk(&mut body, deadline).await? {
                page.feed(&chunk, |bytes| {
                    deadline = Instant::now() + self.source.timing.object;
                    self.source.world.listed(listing, event::read_item(self.kind, bytes)?);
                    Ok(())
                })?;
            }
            let meta = page.end()?;
            if meta.resource_version.is_empty() {
                return Err(Failure::garbled("a list has no version"));
            }
            if meta.next.is_empty() {
                return Ok(meta.resource_version);
            }
            next = meta.next;
        }
    }

    /// Draws the conclusions from how a round ended, and waits as long as they demand.
    async fn after(&mut self, ended: Result<(), Failure>, heard: u64, lasted: Duration) {
        let (world, kind, timing) = (&self.source.world, self.kind, self.source.timing);
        let was_listed = !self.version.is_empty();
        if self.standing {
            world.count(kind, |figures| figures.restarts += 1);
        }
        let pause = match ended {
            Ok(()) if heard == 0 && lasted < SHORTEST => self.backoff.pause(),
            Ok(()) => Duration::ZERO,
            Err(Failure::Expired) => {
                self.version.clear();
                world.count(kind, |figures| figures.relists += 1);
                let soon = self.last_expired.replace(Instant::now()).is_some_and(|at| at.elapsed() < timing.recheck);
                if soon {
                    // Lists that never last are no sight of the kind
                    world.lost(kind, Failure::Expired, self.standing);
                    self.backoff.pause()
                } else {
                    Duration::ZERO
                }
            }
            Err(failure @ (Failure::Forbidden | Failure::NotServed)) => {
                self.version.clear();
                let reason = if failure == Failure::Forbidden { Reason::Forbidden } else { Reason::NotServed };
                world.unseen(kind, reason);
                spread(timing.recheck, timing.recheck / 4)
            }
            Err(failure) => {
                if let Failure::Garbled(_) = failure {
                    self.nonsense += 1;
                }
                let not_found = matches!(failure, Failure::Refused { code: 404, .. });
                if was_listed && (not_found || self.nonsense >= NONSENSE) {
                    self.version.clear();
                    self.nonsense = 0;
                    world.count(kind, |figures| figures.relists += 1);
                }
                tracing::debug!(kind = kind.name(), %failure, "not followed");
                let asked = match &failure {
                    Failure::Refused { retry_after, .. } => retry_after.unwrap_or_default().min(timing.pause.1),
                    _ => Duration::ZERO,
                };
                let absent = failure.is_absence();
                world.lost(kind, failure, self.standing);
                let pause = self.backoff.pause().max(asked);
                if absent {
                    tokio::select! {
                        () = sleep(pause) => {}
                        // Somebody got through
                        () = world.back.notified() => sleep(spread(Duration::ZERO, timing.pause.0)).await,
                    }
                    return;
                }
                pause
            }
        };
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
}
