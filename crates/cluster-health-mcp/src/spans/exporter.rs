//! Takes spans from the queue and sends them in batches, until it is told to end.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Span;
use super::collector::{Collector, NotTaken};
use crate::metrics::{Metrics, SpanFate};

/// As OpenTelemetry's own batches are; the pause is shorter, so that a trace is soon complete.
const BATCH: usize = 512;
const PAUSE: Duration = Duration::from_secs(2);
/// Before a batch is sent again. The queue fills meanwhile, and what does not fit is dropped.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What sends spans, before it runs.
pub struct Exporter {
    work: Work,
    ending: CancellationToken,
}

/// What sends spans while it runs.
pub struct Running {
    task: JoinHandle<()>,
    ending: CancellationToken,
}

struct Work {
    queue: mpsc::Receiver<Span>,
    collector: Collector,
    metrics: Metrics,
    ending: CancellationToken,
    /// Since the last batch that was taken.
    failing: bool,
}

impl Exporter {
    pub(super) fn new(queue: mpsc::Receiver<Span>, collector: Collector, metrics: Metrics) -> Self {
        let ending = CancellationToken::new();
        Self { work: Work { queue, collector, metrics, ending: ending.clone(), failing: false }, ending }
    }

    pub fn start(self) -> Running {
        Running { task: tokio::spawn(self.work.run()), ending: self.ending }
    }
}

impl Running {
    /// Sends what waits, as far as that is possible in the time.
    pub async fn finish(self, within: Duration) {
        self.ending.cancel();
        if timeout(within, self.task).await.is_err() {
            tracing::debug!("the last spans could not be sent in time");
        }
    }
}

impl Work {
    async fn run(mut self) {
        while let Some(batch) = self.batch().await {
            self.send(&batch).await;
        }
    }

    /// As many as there are after a pause; nothing when there will be no more.
    async fn batch(&mut self) -> Option<Vec<Span>> {
        let mut batch = Vec::new();
        let ending = self.ending.clone();
        tokio::select! {
            _ = self.queue.recv_many(&mut batch, BATCH) => {}
            () = ending.cancelled() => {}
        }
        let until = Instant::now() + PAUSE;
        while batch.len() < BATCH && !ending.is_cancelled() {
            let room = BATCH - batch.len();
            let more = tokio::select! {
                more = timeout_at(until, self.queue.recv_many(&mut batch, room)) => more.unwrap_or(0),
                () = ending.cancelled() => 0,
            };
            if more == 0 {
                break;
            }
        }
        if ending.is_cancelled() {
            self.queue.close();
            while let Ok(span) = self.queue.try_recv() {
                batch.push(span);
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    async fn send(&mut self, batch: &[Span]) {
        let count = batch.len() as u64;
        let mut pauses = AGAIN.into_iter();
        loop {
            let refused = match self.collector.send(batch).await {
                Ok(refused) => {
                    let refused = refused.min(count);
                    self.count(count - refused, refused);
                    if std::mem::take(&mut self.failing) {
                        tracing::info!("spans reach the collector again");
                    }
                    return;
                }
                Err(refused) => refused,
            };
            if !std::mem::replace(&mut self.failing, true) {
                tracing::warn!(reason = refused.why, "spans do not reach the collector");
            }
            let pause = match (refused, pauses.next()) {
                (NotTaken { again: Some(wait), .. }, Some(pause)) => wait.unwrap_or(pause).min(LONGEST_WAIT),
                _ => return self.count(0, count),
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.ending.cancelled() => return self.count(0, count),
            }
        }
    }

    fn count(&self, sent: u64, dropped: u64) {
        self.metrics.spans(SpanFate::Sent, sent);
        self.metrics.spans(SpanFate::Dropped, dropped);
    }
}
