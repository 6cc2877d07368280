//! Writes what was measured about images as Prometheus text.

#[derive(Debug, clap::Args)]
pub struct Options {}

#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    #[error("this step is not part of this version yet")]
    Unfinished,
}

pub fn run(_: &Options) -> Result<(), MetricsError> {
    Err(MetricsError::Unfinished)
}
