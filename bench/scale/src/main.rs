//! `scale serve`: the fake API on a port, to try things by hand.

// What a bench prints is its result
#![allow(clippy::print_stdout)]

mod options;

use std::process::ExitCode;

use options::Options;
use scale::{Api, Population, Setup};

const USAGE: &str = "usage: scale serve [--port 6443] [--pods 5000] [--nodes 200] [--unwell-every 0] [--events 0]";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::new(std::env::args().skip(1))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("{reason}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    match options.command.as_str() {
        "serve" => serve(&options).await,
        other => Err(format!("there is no command {other:?}")),
    }
}

async fn serve(options: &Options) -> Result<(), String> {
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
