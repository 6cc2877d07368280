//! A fake Kubernetes API over plain HTTP on loopback, for tests and for measuring at sizes no machine at hand can hold.
//!
//! It answers what a client that reads asks an API server: discovery, lists in pages, streamed lists, watches, access
//! reviews, logs. Objects are either put into it one by one ([`Api::put`]), or made while they are sent
//! ([`Population`]), so that 150,000 pods take no memory. It can be told to misbehave ([`Behaviour`], [`Fault`]), and
//! counts what it was asked. It is no API server: nothing is validated, and nothing is written through HTTP.

mod api;
pub mod client;
pub mod population;
pub mod resources;

pub use api::behaviour::{Behaviour, Fault, Refusal};
pub use api::counts::{Asked, Count, Seen};
pub use api::{Api, Setup};
pub use population::Population;
