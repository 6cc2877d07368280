//! Says what is inside an image: Debian packages, compiled-in crates, the statically linked C library.

#[derive(Debug, clap::Args)]
pub struct Options {}

#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    #[error("this step is not part of this version yet")]
    Unfinished,
}

pub fn run(_: &Options) -> Result<(), SbomError> {
    Err(SbomError::Unfinished)
}
