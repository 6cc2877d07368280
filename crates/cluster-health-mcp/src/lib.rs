//! The server around `cluster-health`: where state comes from, and who asks.

pub mod args;
pub mod audit;
mod bucket;
pub mod callers;
pub mod connect;
pub mod healthcheck;
pub mod http;
pub mod integrations;
pub mod logging;
pub mod mcp;
pub mod metrics;
pub mod outgoing;
pub mod readiness;
pub mod remediation;
pub mod report;
pub mod serve;
pub mod sources;
pub mod spans;
pub mod state;
