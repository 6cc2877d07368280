//! A watch's lines as they arrive, through one buffer.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Bytes;
use kube::client::Body;
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, deepest};
use super::pages::LARGEST_OBJECT;

/// A buffer that one large object made larger than this is given back.
const KEPT: usize = 256 << 10;

pub(super) struct Lines {
    body: Body,
    bytes: Vec<u8>,
    /// What has been handed out.
    done: usize,
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, bytes: Vec::new(), done: 0 }
    }

    /// The next line that is not empty, or nothing at the end. A line that is cut off by the end is no line.
    pub(super) async fn next(&mut self, deadline: Instant) -> Result<Option<&[u8]>, Failure> {
        let mut searched = self.done;
        let end = loop {
            if let Some(found) = memchr::memchr(b'\n', &self.bytes[searched..]) {
                let (start, end) = (self.done, searched + found);
                (self.done, searched) = (end + 1, end + 1);
                if end > start {
                    break start..end;
                }
                continue;
            }
            self.make_room();
            searched = self.bytes.len();
            if searched > LARGEST_OBJECT {
                return Err(Failure::garbled("a line has no end"));
            }
            match chunk(&mut self.body, deadline).await? {
                Some(chunk) => self.bytes.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        };
        Ok(Some(&self.bytes[end]))
    }

    fn make_room(&mut self) {
        self.bytes.drain(..self.done);
        self.done = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
    }
}

/// As it was set: what is left of it by now reads oddly.
fn whole(wait: Duration) -> Duration {
    if wait > Duration::from_secs(1) { Duration::from_secs(wait.as_secs_f64().round() as u64) } else { wait }
}

/// What arrives next of a body; nothing at its end.
pub(super) async fn chunk(body: &mut Body, deadline: Instant) -> Result<Option<Bytes>, Failure> {
    let asked = Instant::now();
    loop {
        match timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(Failure::TimedOut(whole(deadline.duration_since(asked)))),
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(Failure::Unreachable(deepest(&error))),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
