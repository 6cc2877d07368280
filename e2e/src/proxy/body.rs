//! What comes back from the API, on its way to the client: whole lines of watches, pieces of anything else.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use tokio::sync::{mpsc, watch};

use super::Shared;
use super::connection::Body;
use super::rule::{Action, Asked, Cut, Rule};

type Sender = mpsc::Sender<io::Result<Bytes>>;

/// The body as the client shall see it.
pub(super) fn pass(
    incoming: Incoming,
    asked: Asked,
    by_line: bool,
    rule: Option<Arc<Rule>>,
    shared: Arc<Shared>,
    silent: watch::Receiver<bool>,
    reset: impl FnOnce() + Send + 'static,
) -> Body {
    let (to, from) = mpsc::channel(1);
    let pump = Pump { asked, by_line, rule, shared, silent, to: to.clone(), passed: 0 };
    tokio::spawn(async move {
        // Gone when the client is: a silenced stream must not keep the API server's end
        tokio::select! {
            () = to.closed() => {}
            end = pump.run(incoming) => match end {
                End::Finished => {}
                End::Broken => drop(to.send(Err(io::ErrorKind::ConnectionAborted.into())).await),
                End::Reset => reset(),
                End::Silent => to.closed().await,
            }
        }
    });
    let frames = stream::unfold(from, async |mut from| from.recv().await.map(|piece| (piece.map(Frame::data), from)));
    StreamBody::new(frames).boxed_unsync()
}

/// A body that never begins.
pub(super) fn silence() -> Body {
    StreamBody::new(stream::pending::<io::Result<Frame<Bytes>>>()).boxed_unsync()
}

enum End {
    Finished,
    Broken,
    Reset,
    Silent,
}

struct Pump {
    asked: Asked,
    /// Edits are possible.
    by_line: bool,
    rule: Option<Arc<Rule>>,
    shared: Arc<Shared>,
    silent: watch::Receiver<bool>,
    to: Sender,
    passed: usize,
}

impl Pump {
    async fn run(mut self, mut incoming: Incoming) -> End {
        if let Some(Action::Rewrite(rewrite)) = self.rule.as_deref().map(|rule| &rule.action) {
            let Ok(whole) = incoming.collect().await else { return End::Broken };
            return self.send(rewrite(whole.to_bytes())).await.err().unwrap_or(End::Finished);
        }
        let mut line = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else { return End::Broken };
            let Ok(data) = frame.into_data() else { continue };
            let sent = if self.by_line { self.lines(&mut line, &data).await } else { self.send(data).await };
            if let Err(end) = sent {
                return end;
            }
        }
        End::Finished
    }

    async fn lines(&mut self, line: &mut Vec<u8>, data: &[u8]) -> Result<(), End> {
        for piece in data.split_inclusive(|&byte| byte == b'\n') {
            line.extend_from_slice(piece);
            if !line.ends_with(b"\n") {
                continue;
            }
            let whole = std::mem::take(line);
            let edit = self.shared.edit(&self.asked);
            match edit.as_deref().map(|rule| &rule.action) {
                Some(Action::Edit(edit)) => {
                    for line in edit(&whole) {
                        self.send(line).await?;
                    }
                }
                _ => self.send(whole.into()).await?,
            }
        }
        Ok(())
    }

    async fn send(&mut self, data: Bytes) -> Result<(), End> {
        if *self.silent.borrow() {
            return Err(End::Silent);
        }
        let rule = self.rule.clone();
        match rule.as_deref().map(|rule| &rule.action) {
            Some(&Action::Cut(after, cut)) => {
                let room = after.saturating_sub(self.passed).min(data.len());
                self.push(data.slice(..room)).await?;
                if room < data.len() || self.passed >= after {
                    return Err(match cut {
                        Cut::Close => End::Broken,
                        Cut::Reset => End::Reset,
                        Cut::Silence => End::Silent,
                        Cut::Finish => End::Finished,
                    });
                }
                Ok(())
            }
            Some(&Action::Trickle(bytes, pause)) => {
                let mut rest = data;
                while !rest.is_empty() {
                    let healed = !rule.as_ref().is_some_and(|rule| self.shared.holds(rule));
                    let piece = if healed { rest.split_to(rest.len()) } else { rest.split_to(bytes.min(rest.len())) };
                    self.push(piece).await?;
                    tokio::time::sleep(if healed { Duration::ZERO } else { pause }).await;
                }
                Ok(())
            }
            _ => self.push(data).await,
        }
    }

    async fn push(&mut self, data: Bytes) -> Result<(), End> {
        self.passed += data.len();
        if data.is_empty() {
            return Ok(());
        }
        self.to.send(Ok(data)).await.map_err(|_| End::Finished)
    }
}
