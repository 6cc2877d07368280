//! The server around `cluster-health`: where state comes from, and who asks.

pub mod sources;
