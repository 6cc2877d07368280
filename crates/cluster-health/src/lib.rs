//! The health of an OpenShift or Kubernetes cluster, worked out from its objects.
//!
//! State goes in as [`change::Change`]s, a compact [`cluster::Cluster`] holds it, pure checks read it, and a
//! [`report::Report`] comes out. This crate does no I/O, reads no clock (the time of assessment is an argument) and
//! knows no protocol: the same cluster gives the same report, byte for byte.

pub mod alerts;
mod alike;
pub mod backends;
pub mod backing_services;
pub mod budgets;
mod byte_set;
pub mod capacity;
pub mod change;
pub mod checks;
pub mod claims;
pub mod cluster;
pub mod coverage;
pub mod cron;
pub mod daemons;
pub mod decode;
pub mod describe;
pub mod finding;
pub mod fitting;
pub mod forecast;
pub mod graph;
pub mod heartbeats;
pub mod image_pulls;
pub mod incidents;
pub mod log_signs;
pub mod model;
pub mod name;
pub mod noise;
pub mod operators;
pub mod ordered;
pub mod pod_trouble;
pub mod policies;
pub mod pools;
pub mod probes;
pub mod quantity;
mod quick;
pub mod redact;
pub mod refusals;
pub mod releases;
pub mod render;
pub mod report;
pub mod selector;
pub mod static_pods;
#[cfg(test)]
mod testing;
pub mod thresholds;
pub mod time;
pub mod timeline;
pub mod untrusted;
pub mod upgrade;
pub mod view;
pub mod visibility;
pub mod workloads;

pub use cluster::{Cluster, Index};
pub use finding::{Finding, Severity};
pub use report::{Report, Verdict, assess};
pub use time::Time;
