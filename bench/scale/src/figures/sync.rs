//! A whole cluster from nothing to the first report.

use super::{print_asked, seconds};
use crate::cluster::{self, Cluster, words};
use crate::options::Options;

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let there = Cluster::start(options, 150_000, 0).await?;
    let mut server = cluster::ours(&options.server(), &there.kubeconfig())?;
    let took = cluster::wait_until_ready(&mut server).await.map_err(words)?;
    let taken = server.taken().map_err(words)?;
    println!("ready after {}, {} of processor time", seconds(took), seconds(taken.cpu));
    println!("  {} at peak, {} resident then", taken.peak, taken.rss);
    println!("  {}", cluster::verdict(&server).await?);
    print_asked(&there.api.asked());
    Ok(())
}
