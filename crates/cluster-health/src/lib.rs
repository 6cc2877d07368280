//! The health of an OpenShift or Kubernetes cluster, worked out from its objects.
//!
//! State goes in as [`change::Change`]s, a compact [`cluster::Cluster`] holds it, pure checks read it, and a
//! [`report::Report`] comes out. This crate does no I/O, reads no clock (the time of assessment is an argument) and
//! knows no protocol: the same cluster gives the same report, byte for byte.
