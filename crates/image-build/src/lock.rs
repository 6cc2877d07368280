//! Says exactly which packages: recipe in, lock out, through the archive's signed index.
//!
//! `InRelease` is signed and holds the digests of the indices, and these hold the digests of the packages: nothing is
//! believed that does not hang on the signature.

mod moved;
pub mod resolve;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::debian::openpgp::SignatureError;
use crate::fetch::{FetchError, RecipeOption, Source};
use crate::lock_file::{Lock, LockFileError};
use crate::output;
use crate::recipe::Recipe;
use crate::toml_file::TomlFileError;

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub recipe: RecipeOption,

    #[command(flatten)]
    pub source: Source,

    /// Write nothing: say what moved since, and fail if anything did
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(transparent)]
    Recipe(#[from] TomlFileError),
    #[error(transparent)]
    LockFile(#[from] LockFileError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the keyring {path} cannot be used")]
    Keyring { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{path} of {suite} is not to be believed")]
    Signature { path: String, suite: String, source: SignatureError },
    #[error("the release file of {suite} is of {codename}: the mirror serves another suite there")]
    OtherSuite { suite: String, codename: String },
    #[error("the release file of {suite} expired at {until}: the mirror is not updated any more, or hides updates")]
    Expired { suite: String, until: Timestamp },
    #[error("the release file of {suite} has no {what}")]
    Incomplete { suite: String, what: String },
    #[error("an index of {suite} cannot be unpacked")]
    Index { suite: String, source: std::io::Error },
    #[error("no suite has the package {name} for {architecture}")]
    NoPackage { name: String, architecture: String },
    #[error("the index entry of {name} has no usable {field}")]
    Entry { name: String, field: &'static str },
    #[error("{count} packages moved, {security} of them by a security update; `image-build lock` takes them in")]
    Moved { count: usize, security: usize },
}

pub fn run(options: &Options) -> Result<(), LockError> {
    let recipe = Recipe::load(&options.recipe.path)?;
    let path = Recipe::lock_path(&options.recipe.path);
    let resolution = resolve::resolve(&recipe, &options.recipe.path, &options.source, Timestamp::now())?;
    if options.check {
        return check(&Lock::load_for(&path, recipe.checksum())?, &resolution);
    }
    // Whatever is there, even if it cannot be read, is replaced
    let moves = Lock::load(&path).map(|old| moved::between(&old, &resolution)).unwrap_or_default();
    resolution.lock.write(&path)?;
    output::say(&format!("{} packages are locked in {}", resolution.lock.packages.len(), path.display()));
    moves.iter().for_each(|moved| output::say(&moved.to_string()));
    Ok(())
}

fn check(lock: &Lock, resolution: &resolve::Resolution) -> Result<(), LockError> {
    let moves = moved::between(lock, resolution);
    moves.iter().for_each(|moved| output::say(&moved.to_string()));
    if moves.is_empty() {
        output::say(&format!("all {} packages are the newest", lock.packages.len()));
        return Ok(());
    }
    Err(LockError::Moved { count: moves.len(), security: moves.iter().filter(|moved| moved.security).count() })
}
