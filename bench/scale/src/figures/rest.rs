//! Memory of a server that has nothing to do.

use std::time::Duration;

use crate::cluster::{self, Cluster, words};
use crate::options::Options;
use crate::process::Process;

/// After this long, what starting needed has been given back.
const SETTLED: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let away = cluster::write_kubeconfig(&nowhere(), 1)?.display().to_string();
    let mut server = cluster::ours(&options.server(), &away)?;
    server.wait_until_listening().map_err(words)?;
    print("without a cluster", &server).await?;
    drop(server);

    let there = Cluster::start(options, 20_000, 0).await?;
    let mut server = cluster::ours(&options.server(), &there.kubeconfig())?;
    cluster::wait_until_ready(&mut server).await.map_err(words)?;
    print("with it", &server).await
}

async fn print(name: &str, server: &Process) -> Result<(), String> {
    tokio::time::sleep(SETTLED).await;
    let taken = server.taken().map_err(words)?;
    println!("{name}: {} resident, {} of it not from files; {} at peak", taken.rss, taken.anonymous, taken.peak);
    Ok(())
}

/// A kubeconfig that leads to a closed port.
pub(super) fn nowhere() -> String {
    "apiVersion: v1\nkind: Config\ncurrent-context: nowhere\n\
     clusters: [{name: nowhere, cluster: {server: 'http://127.0.0.1:1'}}]\n\
     users: [{name: nowhere, user: {token: none}}]\n\
     contexts: [{name: nowhere, context: {cluster: nowhere, user: nowhere}}]\n"
        .to_owned()
}
