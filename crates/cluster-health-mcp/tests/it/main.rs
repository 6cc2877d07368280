//! The server from outside, in one binary: documents, the protocol, HTTP, and the process itself.

// Helpers are tests too, which the lints cannot see
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod docs;
mod driver;
mod http;
mod process;
mod surface;
