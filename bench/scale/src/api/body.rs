//! Answers' bodies: whole, or streamed as fast as the client reads.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use super::counts::Counts;

/// About what fits into a socket's buffer.
pub(super) const CHUNK: usize = 64 * 1024;

/// Bytes of one answer. An error in it breaks the connection, which is how a cut stream looks to a client.
pub(super) struct Answer {
    source: Source,
    counts: Counts,
    sort: String,
}

enum Source {
    Whole(Option<Bytes>),
    Stream(mpsc::Receiver<io::Result<Bytes>>),
}

impl Answer {
    pub(super) fn whole(bytes: impl Into<Bytes>, counts: &Counts, sort: &str) -> Self {
        Self { source: Source::Whole(Some(bytes.into())), counts: counts.clone(), sort: sort.to_owned() }
    }

    pub(super) fn stream(receiver: mpsc::Receiver<io::Result<Bytes>>, counts: &Counts, sort: &str) -> Self {
        Self { source: Source::Stream(receiver), counts: counts.clone(), sort: sort.to_owned() }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let next = match &mut this.source {
            Source::Whole(bytes) => bytes.take().map(Ok),
            Source::Stream(receiver) => match receiver.poll_recv(context) {
                Poll::Ready(next) => next,
                Poll::Pending => return Poll::Pending,
            },
        };
        if let Some(Ok(bytes)) = &next {
            this.counts.sent(&this.sort, bytes.len());
        }
        Poll::Ready(next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.source, Source::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Source::Stream(_) => SizeHint::default(),
        }
    }
}
