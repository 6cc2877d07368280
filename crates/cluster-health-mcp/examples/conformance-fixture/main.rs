//! The tools, prompts and resources that the official MCP conformance suite calls by name, served by the product's own
//! HTTP stack, so that the suite judges what ships. Nothing here is part of the server.
//!
//! `conformance-fixture [PORT]` prints its address and serves until it is told to stop.

// A fixture that cannot go on may stop; its reader is the suite
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
// The suite still covers what the newest revision deprecates
#![allow(deprecated)]

mod content;
mod handler;
mod input;
mod prompts;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use cluster_health_mcp::http::{self, Allowed, Config, Guard, Repeats};
use cluster_health_mcp::metrics::{Metrics, NoFigures};
use cluster_health_mcp::readiness::Readiness;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let port: u16 = std::env::args().nth(1).map_or(0, |port| port.parse().expect("PORT is a number"));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    println!("http://{}/mcp", listener.local_addr().expect("a bound address"));

    let end_streams = CancellationToken::new();
    let config = Config {
        allowed: Allowed::new("conformance-fixture", &[], &[]).expect("no entries"),
        request_timeout: Duration::from_secs(10),
        readiness: Readiness::default(),
        metrics: Metrics::new(Arc::new(NoFigures)),
        repeats: Repeats::default(),
        guard: Guard::open(),
        stop: end_streams.clone(),
    };
    let fixture = handler::Fixture::new();
    let router = http::router(move || fixture.clone(), config);
    http::serve(listener, router, None, CancellationToken::new(), end_streams).await;
}
