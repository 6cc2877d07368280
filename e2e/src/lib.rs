//! The rig: a real Kubernetes control plane on loopback, the real server process beside it, a proxy between them that
//! breaks things on purpose, and the comparison of what the server says with a fresh list.
//!
//! Nothing here is linked into the server. Scenarios are what a person who runs clusters meets; faults are what the way
//! to the API does.

pub mod api;
pub mod binaries;
pub mod certificates;
pub mod compare;
pub mod control_plane;
pub mod faults;
pub mod kubelet;
pub mod mcp;
pub mod objects;
pub mod process;
pub mod proxy;
pub mod questions;
pub mod rig;
pub mod scenarios;
pub mod server;
pub mod wait;
