//! From exec to the first answers. Without a cluster, since starting must not depend on one; then with a small one.

use std::time::Duration;

use scale::client::Client;

use super::{median, milliseconds};
use crate::cluster::{self, Cluster, words};
use crate::options::Options;

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let away = cluster::write_kubeconfig(&super::rest::nowhere(), 1)?.display().to_string();
    measure("the API is away", options, &away).await?;
    let there = Cluster::start(options, 500, 0).await?;
    measure("the API is there", options, &there.kubeconfig()).await
}

async fn measure(name: &str, options: &Options, kubeconfig: &str) -> Result<(), String> {
    let runs = options.number("runs", 51)?;
    let (mut alive, mut answered): (Vec<Duration>, Vec<Duration>) = Default::default();
    let mut status = String::new();
    for _ in 0..runs {
        let mut server = cluster::ours(&options.server(), kubeconfig)?;
        server.wait_until_listening().map_err(words)?;
        Client::connect(server.address).await.map_err(words)?.get("/livez", "").await.map_err(words)?;
        alive.push(server.started.elapsed());
        drop(server);

        let mut server = cluster::ours(&options.server(), kubeconfig)?;
        server.wait_until_listening().map_err(words)?;
        status = cluster::verdict(&server).await.unwrap_or_else(|refusal| refusal);
        answered.push(server.started.elapsed());
    }
    println!("{name}, medians of {runs}:");
    println!("  exec to /livez              {}", milliseconds(median(&mut alive)));
    println!("  exec to get-cluster-health  {}: {status}", milliseconds(median(&mut answered)));
    Ok(())
}
