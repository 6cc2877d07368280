//! Says how two images or two locks differ, in Markdown: for people, and for the text of a pull request.

mod images;
mod locks;

use std::path::{Path, PathBuf};

use crate::flat::FlatError;
use crate::lock_file::{Lock, LockFileError};
use crate::oci::layout::{Layout, LayoutError};
use crate::output;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// A lock, or an OCI layout
    pub old: PathBuf,

    /// Another of the same sort
    pub new: PathBuf,

    /// Fail if they differ at all
    #[arg(long)]
    pub identical: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Files(#[from] FlatError),
    #[error("{0} and {1} are not of the same sort: two locks or two OCI layouts are compared")]
    Mixed(PathBuf, PathBuf),
    #[error("they differ")]
    Different,
}

pub fn run(options: &Options) -> Result<(), DiffError> {
    let lines = between(&options.old, &options.new)?;
    lines.iter().for_each(|line| output::say(line));
    if lines.is_empty() {
        output::say("No difference.");
    } else if options.identical {
        return Err(DiffError::Different);
    }
    Ok(())
}

/// One line a difference; none for the same.
pub fn between(old: &Path, new: &Path) -> Result<Vec<String>, DiffError> {
    match (old.is_dir(), new.is_dir()) {
        (false, false) => Ok(locks::between(&Lock::load(old)?, &Lock::load(new)?)),
        (true, true) => images::between(&Layout::open(old)?, &Layout::open(new)?),
        _ => Err(DiffError::Mixed(old.to_owned(), new.to_owned())),
    }
}
