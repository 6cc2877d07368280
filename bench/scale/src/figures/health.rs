//! Answers to `get-cluster-health` a second. Clients run on the same cores.

use std::time::Duration;

use super::milliseconds;
use crate::cluster::{self, Cluster, health_question, words};
use crate::load::Load;
use crate::options::Options;

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let there = Cluster::start(options, 5_000, 0).await?;
    let mut server = cluster::ours(&options.server(), &there.kubeconfig())?;
    cluster::wait_until_ready(&mut server).await.map_err(words)?;
    let (_, _, bytes) = cluster::ask(&server, &health_question()).await?;
    there.api.forget_counts();
    println!("get-cluster-health, {bytes} bytes an answer");
    let time = Duration::from_secs(options.number("seconds", 5)?);
    for clients in [1, 50] {
        let before = server.taken().map_err(words)?;
        let load = Load::run(server.address, &health_question(), clients, time).await.map_err(words)?;
        let after = server.taken().map_err(words)?;
        let cpu = (after.cpu - before.cpu).as_secs_f64() * 1e6 / load.answers().max(1) as f64;
        println!(
            "  {:>2} clients: {:.0} answers/s, p50 {}, p99 {}, {cpu:.0} us of processor time each, {} failed, {} resident",
            load.clients,
            load.per_second(),
            milliseconds(load.percentile(50)),
            milliseconds(load.percentile(99)),
            load.failed,
            after.rss,
        );
    }
    println!("  {} requests to the API meanwhile", there.api.asked().requests());
    Ok(())
}
