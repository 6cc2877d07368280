//! Watches: initial state where it is asked for, then changes, bookmarks and whatever was inflicted.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep};

use super::Shared;
use super::behaviour::Fault;
use super::body::CHUNK;
use super::concerns;
use super::listing::{self, Wanted};
use super::query::Query;
use super::status::Status;
use super::store::Change;
use crate::population::Moment;

/// How a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// With everything as `ADDED`, and on a streamed list with a bookmark at its end.
    Everything {
        bookmark: bool,
    },
    After(u64),
}

/// Made when the request is taken, so that nothing is missed until it is run.
pub(super) struct Watch {
    wanted: Wanted,
    start: Start,
    bookmarks: bool,
    timeout: Duration,
    version: watch::Receiver<u64>,
    faults: broadcast::Receiver<(String, Fault)>,
    /// The newest version that was told.
    told: u64,
    to: mpsc::Sender<io::Result<Bytes>>,
}

/// The client has gone, or the watch is over.
struct Over;

/// Pods of the population change in small batches.
const BEAT: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(3600);

impl Watch {
    pub(super) fn new(
        shared: &Shared,
        wanted: Wanted,
        query: &Query,
        to: mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<Self, Status> {
        let version = shared.version.subscribe();
        let faults = shared.faults.subscribe();
        let start = start(shared, query)?;
        let told = match start {
            Start::Everything { .. } => 0,
            Start::After(version) => version,
        };
        Ok(Self {
            wanted,
            start,
            bookmarks: query.is_set("allowWatchBookmarks"),
            timeout: query.number("timeoutSeconds").map_or(LONGEST, Duration::from_secs),
            version,
            faults,
            told,
            to,
        })
    }

    pub(super) async fn run(mut self, shared: Arc<Shared>) {
        if shared.behaviour().silent_watches {
            return self.to.closed().await;
        }
        let _ = self.follow(&shared).await;
    }

    async fn follow(&mut self, shared: &Arc<Shared>) -> Result<(), Over> {
        if let Start::Everything { bookmark } = self.start {
            self.tell_everything(shared).await?;
            if bookmark && self.bookmarks {
                self.bookmark(true).await?;
            }
        }
        let over = sleep(self.timeout);
        tokio::pin!(over);
        let every = shared.behaviour().bookmarks_every;
        let mut bookmarks = interval_at(Instant::now() + every, every);
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let flows = shared.events_per_second > 0 && self.wanted.resource.plural == "pods";
        let (mut beat, mut flowed) = (0_u64, 0_u64);
        let first = self.told;
        self.tell_changes(shared).await?;
        loop {
            tokio::select! {
                changed = self.version.changed() => {
                    changed.map_err(|_| Over)?;
                    self.tell_changes(shared).await?;
                }
                fault = self.faults.recv() => {
                    if let Ok((plural, fault)) = fault && concerns(&plural, self.wanted.resource) {
                        self.suffer(fault).await?;
                    }
                }
                _ = beats.tick(), if flows => {
                    beat += 1;
                    let due = beat * u64::from(shared.events_per_second) * BEAT.as_millis() as u64 / 1000;
                    self.flow(shared, first, flowed..due).await?;
                    flowed = due;
                }
                _ = bookmarks.tick(), if self.bookmarks => self.bookmark(false).await?,
                () = &mut over => return Ok(()),
                () = self.to.closed() => return Err(Over),
            }
        }
    }

    async fn tell_everything(&mut self, shared: &Arc<Shared>) -> Result<(), Over> {
        let page = listing::page(shared, &self.wanted, None, usize::MAX).map_err(|_| Over)?;
        let cut_after = shared.behaviour().cut_lists_after.take_if(|items| *items < page.items.len());
        let mut out = Vec::with_capacity(2 * CHUNK);
        for (position, item) in page.items.iter().enumerate() {
            self.open(&mut out, "ADDED");
            if cut_after == Some(position) {
                self.send(&mut out).await?;
                return self.suffer(Fault::Cut).await;
            }
            item.write(shared, self.wanted.resource.plural, &mut out);
            out.extend_from_slice(b"}\n");
            if out.len() >= CHUNK {
                self.send(&mut out).await?;
            }
        }
        self.told = page.version;
        self.send(&mut out).await
    }

    async fn tell_changes(&mut self, shared: &Arc<Shared>) -> Result<(), Over> {
        let changes = shared.store().since(self.told, self.wanted.resource.plural);
        let mut out = Vec::new();
        for change in changes {
            if let Some(word) = self.word_for(&change) {
                self.open(&mut out, word);
                out.extend_from_slice(&change.object);
                out.extend_from_slice(b"}\n");
            }
            self.told = change.version;
        }
        self.send(&mut out).await
    }

    /// Objects that no longer match the selector are deleted ones for this watch.
    fn word_for(&self, change: &Change) -> Option<&'static str> {
        let was = change.before.as_ref().is_some_and(|before| self.wanted.wants(&change.namespace, before));
        let is = !change.deleted && self.wanted.wants(&change.namespace, &change.object);
        match (was, is) {
            (false, true) => Some("ADDED"),
            (true, true) => Some("MODIFIED"),
            (true, false) => Some("DELETED"),
            (false, false) => None,
        }
    }

    /// Pods that stop being ready and are again at the next event.
    async fn flow(&mut self, shared: &Arc<Shared>, first: u64, events: std::ops::Range<u64>) -> Result<(), Over> {
        // Far apart, and every pod in turn
        const STRIDE: u64 = 7919;
        let pods = shared.population.pods.max(1) as u64;
        let mut out = Vec::new();
        for event in events {
            let pod = ((event / 2) * STRIDE % pods) as usize;
            let moment = Moment { resource_version: first + event + 1, unready: event % 2 == 0 };
            self.open(&mut out, "MODIFIED");
            shared.population.write("pods", pod, moment, &mut out);
            out.extend_from_slice(b"}\n");
            self.told = moment.resource_version;
        }
        self.send(&mut out).await
    }

    fn open(&self, out: &mut Vec<u8>, word: &str) {
        out.extend_from_slice(br#"{"type":""#);
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(br#"","object":"#);
        out.extend_from_slice(self.wanted.resource.header().as_bytes());
    }

    async fn bookmark(&mut self, end_of_initial_events: bool) -> Result<(), Over> {
        let end = if end_of_initial_events { r#","annotations":{"k8s.io/initial-events-end":"true"}"# } else { "" };
        let mut out = Vec::new();
        self.open(&mut out, "BOOKMARK");
        let metadata = format!(r#""metadata":{{"resourceVersion":"{}","creationTimestamp":null{end}}}}}}}"#, self.told);
        out.extend_from_slice(metadata.as_bytes());
        out.push(b'\n');
        self.send(&mut out).await
    }

    async fn suffer(&mut self, fault: Fault) -> Result<(), Over> {
        match fault {
            Fault::End => return Err(Over),
            Fault::Cut => {
                let _ = self.to.send(Err(io::ErrorKind::ConnectionReset.into())).await;
                return Err(Over);
            }
            Fault::Expire => {
                let event = format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", Status::expired().to_json());
                let _ = self.to.send(Ok(event.into())).await;
                return Err(Over);
            }
            Fault::Garbage(bytes) => self.to.send(Ok(bytes)).await.map_err(|_| Over)?,
            Fault::Silence => {
                self.to.closed().await;
                return Err(Over);
            }
        }
        Ok(())
    }

    async fn send(&self, out: &mut Vec<u8>) -> Result<(), Over> {
        if out.is_empty() {
            return Ok(());
        }
        let bytes = Bytes::copy_from_slice(out);
        out.clear();
        self.to.send(Ok(bytes)).await.map_err(|_| Over)
    }
}

fn start(shared: &Shared, query: &Query) -> Result<Start, Status> {
    if query.get("sendInitialEvents").is_some() {
        if !shared.behaviour().watch_list {
            let message = "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is \
                           forbidden for watch unless the WatchList feature gate is enabled";
            return Err(Status::new(422, "Invalid", message));
        }
        if query.get("resourceVersionMatch") != Some("NotOlderThan") {
            let message = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: \
                           sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            return Err(Status::new(422, "Invalid", message));
        }
        if query.is_set("sendInitialEvents") {
            return Ok(Start::Everything { bookmark: true });
        }
    }
    match query.get("resourceVersion") {
        None | Some("" | "0") => Ok(Start::Everything { bookmark: false }),
        Some(text) => {
            let version = text.parse().map_err(|_| Status::bad_request("resourceVersion: Invalid value"))?;
            if shared.store().is_too_old(version) { Err(Status::expired()) } else { Ok(Start::After(version)) }
        }
    }
}
