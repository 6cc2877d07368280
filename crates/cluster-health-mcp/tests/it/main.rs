//! The server from outside, in one binary: documents, the protocol, HTTP, and the process itself.

// Functions that tests share are not tests to the lints
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod backends;
mod callers;
mod canaries;
mod clusters;
mod deploy;
mod docs;
mod driver;
mod edits;
mod engine;
mod everything;
mod faults;
mod fuzz;
mod hostile;
mod http;
mod injection;
mod live;
mod measured;
mod migrating;
mod model_probe;
mod models;
mod monitoring;
mod poison;
mod process;
mod product;
mod prompts;
mod real_archives;
mod repeats;
mod snapshot;
mod surface;
