//! Puts rootfs and binary together as an OCI layout, and as a docker-archive when asked.

#[derive(Debug, clap::Args)]
pub struct Options {}

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("this step is not part of this version yet")]
    Unfinished,
}

pub fn run(_: &Options) -> Result<(), BuildError> {
    Err(BuildError::Unfinished)
}
