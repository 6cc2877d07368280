//! Processor time of a server that watches a busy cluster.

use std::time::{Duration, Instant};

use crate::cluster::{self, Cluster, words};
use crate::options::Options;

/// What comes after the first report is no longer the beginning.
const SETTLED: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let there = Cluster::start(options, 150_000, 1_000).await?;
    let mut server = cluster::ours(&options.server(), &there.kubeconfig())?;
    cluster::wait_until_ready(&mut server).await.map_err(words)?;
    tokio::time::sleep(SETTLED).await;

    let time = Duration::from_secs(options.number("seconds", 20)?);
    let (before, bytes, start) = (server.taken().map_err(words)?, there.api.asked().bytes(), Instant::now());
    tokio::time::sleep(time).await;
    let (after, took) = (server.taken().map_err(words)?, start.elapsed());
    let share = 100.0 * (after.cpu - before.cpu).as_secs_f64() / took.as_secs_f64();
    let sent = (there.api.asked().bytes() - bytes) as f64 / 1e6 / took.as_secs_f64();
    println!("{share:.1} % of one core for {sent:.1} MB of events a second");
    println!("  {} resident before, {} after, {} at peak", before.rss, after.rss, after.peak);
    println!("  {}", cluster::verdict(&server).await?);
    Ok(())
}
