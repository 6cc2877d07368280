//! Measures the server against the fake API, one figure a command, and prints what it found.
//!
//! Servers run as child processes and are looked at from outside; the fake API lives in this process, so its work is
//! never counted as theirs, but it shares the machine's cores with them.

// What a bench prints is its result
#![allow(clippy::print_stdout)]

mod cluster;
mod figures;
mod load;
mod mcp;
mod options;
mod process;

use std::process::ExitCode;

use figures::{compare, health, rest, serve, start, steady, sync};
use options::Options;

const USAGE: &str = "\
usage: scale COMMAND [--server target/release/mcp-server] [options]

  start    from exec to /livez and to the first answer        [--runs 51]
  rest     resident memory without a cluster and with one     [--pods 20000]
  sync     a whole cluster from nothing                       [--pods 150000] [--nodes 5000] [--pages 1] [--unwell-every 0]
  steady   processor time while pods change                   [--pods 150000] [--nodes 5000] [--events 1000] [--seconds 20]
  health   answers a second, with 1 and with 50 clients       [--pods 5000] [--seconds 5]
  compare  the same question to this server and to a peer     --peer PATH [--pods 500] [--unwell-every 100]
  serve    the fake API on a port, to try things by hand      [--port 6443] [--pods 5000] [--nodes 200] [--events 0]";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::new(std::env::args().skip(1))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("{reason}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    match options.command.as_str() {
        "start" => start::run(&options).await,
        "rest" => rest::run(&options).await,
        "sync" => sync::run(&options).await,
        "steady" => steady::run(&options).await,
        "health" => health::run(&options).await,
        "compare" => compare::run(&options).await,
        "serve" => serve::run(&options).await,
        other => Err(format!("there is no command {other:?}")),
    }
}
