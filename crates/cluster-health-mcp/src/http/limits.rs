//! How much one caller may ask for: so many requests a second with a burst, so many at a time, so many open streams.
//! Anybody else is served meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::connections::Peer;
use super::held::hold;
use super::refuse::{Code, Refused};
use crate::bucket::Buckets;
use crate::callers::Caller;

/// An assistant asks a handful of tools at a time.
const CALLS: u32 = 32;
/// One subscription tells all there is to tell.
const STREAMS: u32 = 8;
const STREAMS_IN_ALL: u32 = 256;
/// Bursts hold so many seconds' worth.
const BURST_SECONDS: u32 = 3;
const SOON: Duration = Duration::from_secs(1);

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub(super) struct Limits {
    /// Nothing when requests are not counted.
    rate: Option<Arc<Buckets<Box<str>>>>,
    open: Arc<Open>,
}

#[derive(Default)]
struct Open {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    of: HashMap<Box<str>, Count>,
    streams: u32,
}

#[derive(Default)]
struct Count {
    calls: u32,
    streams: u32,
}

/// One request's place among those of its caller; given back when the last clone of it is dropped.
#[derive(Clone)]
pub(super) struct Turn {
    place: Arc<Place>,
}

struct Place {
    open: Arc<Open>,
    caller: Box<str>,
    is_stream: Mutex<bool>,
}

impl Limits {
    /// `rate` in requests a second; 0 for no limit.
    pub(super) fn new(rate: u32) -> Self {
        let buckets = || Arc::new(Buckets::new(rate, rate.saturating_mul(BURST_SECONDS)));
        Self { rate: (rate > 0).then(buckets), open: Arc::default() }
    }

    fn turn(&self, caller: &str, counted: bool) -> Result<Turn, Refused> {
        let caller: Box<str> = caller.into();
        if let Some(rate) = self.rate.as_ref().filter(|_| counted) {
            rate.take(&caller).map_err(|wait| too_many("requests", wait))?;
        }
        let mut counts = self.open.lock();
        let count = counts.of.entry(caller.clone()).or_default();
        if count.calls >= CALLS {
            return Err(too_many("requests at the same time", SOON));
        }
        count.calls += 1;
        drop(counts);
        Ok(Turn { place: Arc::new(Place { open: self.open.clone(), caller, is_stream: Mutex::new(false) }) })
    }
}

impl Turn {
    /// The request turns out to open a stream, which is counted among streams from now on.
    pub(super) fn becomes_stream(&self) -> Result<(), Refused> {
        let mut counts = self.place.open.lock();
        let all = counts.streams;
        let Some(count) = counts.of.get_mut(&self.place.caller) else { return Ok(()) };
        if count.streams >= STREAMS || all >= STREAMS_IN_ALL {
            return Err(too_many("subscriptions at the same time", SOON));
        }
        count.streams += 1;
        count.calls = count.calls.saturating_sub(1);
        counts.streams += 1;
        *self.place.is_stream.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Ok(())
    }
}

impl Open {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let is_stream = *self.is_stream.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut counts = self.open.lock();
        if is_stream {
            counts.streams = counts.streams.saturating_sub(1);
        }
        let Some(count) = counts.of.get_mut(&self.caller) else { return };
        let open = if is_stream { &mut count.streams } else { &mut count.calls };
        *open = open.saturating_sub(1);
        if (count.calls, count.streams) == (0, 0) {
            counts.of.remove(&self.caller);
        }
    }
}

pub(super) async fn check(State(limits): State<Limits>, mut request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else { return next.run(request).await };
    // Whoever is on this machine and was not asked for a name could do worse than ask often
    let here = request.extensions().get::<Peer>().is_none_or(|peer| peer.address().is_loopback());
    let counted = caller.is_known() || !here;
    match limits.turn(&caller.who().user, counted) {
        Ok(turn) => {
            request.extensions_mut().insert(turn.clone());
            next.run(request).await.map(|body| Body::new(hold(body, turn)))
        }
        Err(refused) => refused.into(),
    }
}

/// Clients try again when they read the number.
fn too_many(what: &str, wait: Duration) -> Refused {
    let wait = wait.max(SOON);
    let message = format!("429: too many {what} by this caller; try again in {}s", wait.as_secs_f64().ceil());
    Refused::new(StatusCode::TOO_MANY_REQUESTS, Code::InvalidRequest, message).retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_callers_flood_is_not_anothers_wait() {
        let limits = Limits::new(2);
        for _ in 0..6 {
            limits.turn("a", true).unwrap();
        }
        assert!(limits.turn("a", true).is_err());
        assert!(limits.turn("b", true).is_ok());
        assert!(limits.turn("a", false).is_ok());
    }

    #[test]
    fn places_are_given_back() {
        let limits = Limits::new(0);
        let turns: Vec<Turn> = (0..CALLS).map(|_| limits.turn("a", true).unwrap()).collect();
        assert!(limits.turn("a", true).is_err());
        for turn in turns.iter().take(STREAMS as usize) {
            turn.becomes_stream().unwrap();
        }
        let more: Vec<Turn> = (0..STREAMS).map(|_| limits.turn("a", true).unwrap()).collect();
        assert!(more[0].becomes_stream().is_err());
        drop((turns, more));
        let counts = limits.open.lock();
        assert!(counts.of.is_empty() && counts.streams == 0);
    }
}
