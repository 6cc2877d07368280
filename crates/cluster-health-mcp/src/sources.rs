//! Where the state of a cluster comes from. Each source turns what it reads into changes of one vocabulary; nothing
//! downstream can tell which source spoke.

pub mod archive;
pub mod demo;
pub mod must_gather;
