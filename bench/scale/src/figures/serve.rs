//! The fake API by itself.

use scale::{Api, Population, Setup};

use crate::options::Options;

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let population = Population {
        pods: options.number("pods", 5_000)?,
        nodes: options.number("nodes", 200)?,
        unwell_every: options.number("unwell-every", 0)?,
    };
    let port = options.number("port", 6443)?;
    let events_per_second = options.number("events", 0)?;
    let api = Api::start(Setup { port, population, events_per_second, ..Setup::default() }).await;
    let api = api.map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    println!("{}", api.kubeconfig());
    std::future::pending().await
}
