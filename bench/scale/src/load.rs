//! Many clients that ask the same again and again, each on a connection of its own, the next question after each answer.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use scale::client::Client;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use crate::mcp::Question;

#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    pub(crate) took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
    /// Answers with a status other than 200.
    pub(crate) failed: usize,
    /// Questions that had no answer when patience ended.
    pub(crate) unanswered: usize,
}

/// After the last question was asked.
const PATIENCE: Duration = Duration::from_secs(20);

impl Load {
    pub(crate) async fn run(
        address: SocketAddr,
        question: &Question,
        clients: usize,
        time: Duration,
    ) -> io::Result<Self> {
        let start = Instant::now();
        let ends = tokio::time::Instant::now() + time + PATIENCE;
        let mut asking = JoinSet::new();
        for _ in 0..clients {
            let question = question.clone();
            asking.spawn(async move {
                let mut client = Client::connect(address).await?;
                let (mut latencies, mut failed) = (Vec::new(), 0);
                while start.elapsed() < time {
                    let asked = Instant::now();
                    let Ok(reply) = timeout_at(ends, question.ask(&mut client)).await else {
                        return Ok((latencies, failed, 1));
                    };
                    latencies.push(asked.elapsed());
                    failed += usize::from(reply?.status != 200);
                }
                io::Result::Ok((latencies, failed, 0))
            });
        }
        let mut load = Self { clients, took: Duration::ZERO, latencies: Vec::new(), failed: 0, unanswered: 0 };
        while let Some(done) = asking.join_next().await {
            let (latencies, failed, unanswered) = done.map_err(io::Error::other)??;
            load.latencies.extend(latencies);
            load.failed += failed;
            load.unanswered += unanswered;
        }
        load.took = start.elapsed();
        load.latencies.sort_unstable();
        Ok(load)
    }

    pub(crate) fn answers(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.answers() as f64 / self.took.as_secs_f64()
    }

    /// The latency that so many of a hundred answers did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let position = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(position).copied().unwrap_or_default()
    }
}
