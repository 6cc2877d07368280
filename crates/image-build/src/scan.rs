//! Fails on known vulnerabilities in crates and packages.

#[derive(Debug, clap::Args)]
pub struct Options {}

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("this step is not part of this version yet")]
    Unfinished,
}

pub fn run(_: &Options) -> Result<(), ScanError> {
    Err(ScanError::Unfinished)
}
