//! Sends an image to a registry: blobs by digest, then the manifests, then the tag.

#[derive(Debug, clap::Args)]
pub struct Options {}

#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("this step is not part of this version yet")]
    Unfinished,
}

pub fn run(_: &Options) -> Result<(), PushError> {
    Err(PushError::Unfinished)
}
