//! Says exactly which packages: recipe in, lock out, through the archive's signed index.

#[derive(Debug, clap::Args)]
pub struct Options {}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("this step is not part of this version yet")]
    Unfinished,
}

pub fn run(_: &Options) -> Result<(), LockError> {
    Err(LockError::Unfinished)
}
