//! A watch's lines as they arrive, through one buffer.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Bytes;
use kube::client::Body;
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, deepest};
use super::pages::LARGEST_OBJECT;

/// A buffer that one large object made larger than this is given back.
const KEPT: usize = 16 << 10;

pub(super) struct Lines {
    body: Body,
    cutter: Cutter,
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, cutter: Cutter::default() }
    }

    /// The next line that is not empty, or nothing at the end. A line that is cut off by the end is no line. Nothing is
    /// lost when the wait for it is given up.
    pub(super) async fn next(&mut self, deadline: Instant) -> Result<Option<&[u8]>, Failure> {
        while !self.cutter.cut()? {
            match chunk(&mut self.body, deadline).await? {
                Some(chunk) => self.cutter.arrived = chunk,
                None => return Ok(None),
            }
        }
        Ok(Some(self.cutter.line()))
    }
}

/// Lines that arrived in one piece are not copied.
#[derive(Default)]
struct Cutter {
    /// What has arrived and not been cut.
    arrived: Bytes,
    /// The line that was cut last, when it arrived in one piece.
    whole: Bytes,
    /// The same when it did not; or what has arrived of the next one.
    pieces: Vec<u8>,
    /// The line is in pieces.
    joined: bool,
}

impl Cutter {
    /// Whether there is a line; the one before is let go, so that the connection may use its buffer again.
    fn cut(&mut self) -> Result<bool, Failure> {
        self.whole = Bytes::new();
        if std::mem::take(&mut self.joined) {
            self.pieces.clear();
            self.pieces.shrink_to(KEPT);
        }
        while let Some(end) = memchr::memchr(b'\n', &self.arrived) {
            let line = self.arrived.split_to(end + 1).slice(..end);
            if !self.pieces.is_empty() {
                self.pieces.extend_from_slice(&line);
                self.joined = true;
                return Ok(true);
            }
            if !line.is_empty() {
                self.whole = line;
                return Ok(true);
            }
        }
        self.pieces.extend_from_slice(&std::mem::take(&mut self.arrived));
        if self.pieces.len() > LARGEST_OBJECT {
            return Err(Failure::garbled("a line has no end"));
        }
        Ok(false)
    }

    fn line(&self) -> &[u8] {
        if self.joined { &self.pieces } else { &self.whole }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of so many bytes.
    fn lines_of(text: &'static [u8], size: usize) -> Vec<String> {
        let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
        for piece in text.chunks(size) {
            cutter.arrived = Bytes::from_static(piece);
            while cutter.cut().unwrap() {
                lines.push(String::from_utf8(cutter.line().to_vec()).unwrap());
            }
        }
        lines
    }

    #[test]
    fn lines_come_whole_however_the_bytes_arrive() {
        for size in 1..30 {
            assert_eq!(lines_of(b"\n{\"a\":1}\n\n{\"bb\":22}\n\n\n{\"cut", size), ["{\"a\":1}", "{\"bb\":22}"]);
            assert_eq!(lines_of(b"x\r\n", size), ["x\r"]);
        }
        assert!(lines_of(b"", 1).is_empty());
    }
}
