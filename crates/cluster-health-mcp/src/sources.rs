//! Where the state of a cluster comes from. Each source turns what it reads into changes of one vocabulary; nothing
//! downstream can tell which source spoke.

pub mod archive;
pub mod demo;
pub mod must_gather;

use crate::args::Source;
use must_gather::{Loaded, MustGatherError};

/// Loads a source that holds one moment. `progress` gets bytes read and bytes in all.
pub fn load(source: &Source, progress: impl FnMut(u64, u64) + Send) -> Result<Loaded, MustGatherError> {
    match source {
        Source::Demo => demo::load(),
        Source::MustGather(path) => must_gather::load(path, progress),
    }
}

/// The name of a source in answers and metrics.
pub fn name(source: &Source) -> &'static str {
    match source {
        Source::Demo => "demo",
        Source::MustGather(_) => "must-gather",
    }
}
