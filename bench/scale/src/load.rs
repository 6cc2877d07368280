//! Many clients that ask the same again and again, each on a connection of its own, the next question after each answer.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use scale::client::Client;
use tokio::task::JoinSet;

use crate::mcp::Question;

#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    pub(crate) took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
    /// Answers with a status other than 200.
    pub(crate) failed: usize,
}

impl Load {
    pub(crate) async fn run(
        address: SocketAddr,
        question: &Question,
        clients: usize,
        time: Duration,
    ) -> io::Result<Self> {
        let start = Instant::now();
        let mut asking = JoinSet::new();
        for _ in 0..clients {
            let question = question.clone();
            asking.spawn(async move {
                let mut client = Client::connect(address).await?;
                let (mut latencies, mut failed) = (Vec::new(), 0);
                while start.elapsed() < time {
                    let asked = Instant::now();
                    let reply = question.ask(&mut client).await?;
                    latencies.push(asked.elapsed());
                    failed += usize::from(reply.status != 200);
                }
                io::Result::Ok((latencies, failed))
            });
        }
        let mut load = Self { clients, took: Duration::ZERO, latencies: Vec::new(), failed: 0 };
        while let Some(done) = asking.join_next().await {
            let (latencies, failed) = done.map_err(io::Error::other)??;
            load.latencies.extend(latencies);
            load.failed += failed;
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
