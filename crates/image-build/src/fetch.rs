//! Brings the locked packages into a cache named by content; nothing unverified gets in.

pub mod cache;

use std::path::{Path, PathBuf};

use ureq::Agent;

use crate::digest::Digest;
use crate::http::{self, HttpError, Passing};
use crate::lock_file::{Lock, LockFileError, LockedPackage};
use crate::output;
use crate::recipe::{Debian, Recipe};
use crate::toml_file::TomlFileError;
use cache::{Cache, CacheError};

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    #[command(flatten)]
    pub recipe: RecipeOption,

    #[command(flatten)]
    pub source: Source,
}

#[derive(Debug, Clone, clap::Args)]
pub struct RecipeOption {
    /// What the image is made of; its lock and its expectations lie beside it
    #[arg(long = "recipe", value_name = "FILE", default_value = "images/cluster-health-mcp.toml")]
    pub path: PathBuf,
}

/// Where packages come from and are kept.
#[derive(Debug, Clone, clap::Args)]
pub struct Source {
    /// Debian mirror to use instead of the recipe's: the address that debian/ and debian-security/ lie under
    #[arg(long, env = "DEBIAN_MIRROR", value_name = "URL")]
    pub mirror: Option<String>,

    /// Where fetched files are kept
    #[arg(long, env = "IMAGE_CACHE", value_name = "DIR", default_value = "target/image/cache")]
    pub cache: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Recipe(#[from] TomlFileError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{url} cannot be fetched")]
    Transfer { url: String, source: Box<TransferError> },
}

/// Why one address did not deliver.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("the server answers {0}")]
    Status(u16),
    #[error("the server cannot be asked")]
    Transport(#[source] Box<ureq::Error>),
    #[error(transparent)]
    Content(#[from] CacheError),
    #[error("it is longer than the {0} bytes that are read of such a file")]
    TooLong(u64),
}

impl Passing for TransferError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Status(status) => http::is_passing(*status),
            Self::Transport(_) => true,
            Self::Content(error) => matches!(error, CacheError::CutShort { .. } | CacheError::Transfer { .. }),
            Self::TooLong(_) => false,
        }
    }
}

pub fn run(options: &Options) -> Result<(), FetchError> {
    let (recipe, lock) = recipe_and_lock(&options.recipe.path)?;
    let fetcher = Fetcher::new(&options.source, &recipe.debian)?;
    for package in &lock.packages {
        fetcher.package(&lock, package)?;
    }
    output::say(&format!("{} packages are in {}", lock.packages.len(), options.source.cache.display()));
    Ok(())
}

/// Gets files from the cache, or from the mirror into the cache.
#[derive(Debug)]
pub struct Fetcher {
    agent: Agent,
    cache: Cache,
    mirror: String,
    snapshot: String,
}

impl Fetcher {
    pub fn new(source: &Source, debian: &Debian) -> Result<Self, FetchError> {
        let mirror = source.mirror.as_ref().unwrap_or(&debian.mirror);
        Ok(Self {
            agent: http::agent()?,
            cache: Cache::at(&source.cache)?,
            mirror: mirror.trim_end_matches('/').to_owned(),
            snapshot: debian.snapshot.trim_end_matches('/').to_owned(),
        })
    }

    /// A package's bytes, as the lock has them. Mirrors drop what was superseded; snapshots keep it.
    pub fn package(&self, lock: &Lock, package: &LockedPackage) -> Result<Vec<u8>, FetchError> {
        let LockedPackage { archive, path, size, sha256, .. } = package;
        let from_mirror = self.file(&format!("{}/{archive}/{path}", self.mirror), *size, *sha256);
        match (from_mirror, lock.snapshot_time(package)) {
            (Err(FetchError::Transfer { source: error, .. }), Some(time))
                if matches!(*error, TransferError::Status(404)) =>
            {
                self.file(&format!("{}/{archive}/{time}/{path}", self.snapshot), *size, *sha256)
            }
            (ended, _) => ended,
        }
    }

    /// A file of known size and digest below the mirror.
    pub fn below_mirror(&self, path: &str, size: u64, sha256: Digest) -> Result<Vec<u8>, FetchError> {
        self.file(&format!("{}/{path}", self.mirror), size, sha256)
    }

    /// A file whose signature will tell whether it can be believed; it is not cached.
    pub fn unverified(&self, path: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let url = format!("{}/{path}", self.mirror);
        http::persistently(|| self.read(&url, limit))
            .map_err(|source| FetchError::Transfer { url, source: Box::new(source) })
    }

    fn file(&self, url: &str, size: u64, sha256: Digest) -> Result<Vec<u8>, FetchError> {
        if let Some(content) = self.cache.get(sha256) {
            return Ok(content);
        }
        let failed = |source| FetchError::Transfer { url: url.to_owned(), source: Box::new(source) };
        http::persistently(|| self.transfer(url, size, sha256)).map_err(failed)?;
        let vanished = CacheError::CutShort { got: 0, size };
        self.cache.get(sha256).ok_or_else(|| failed(TransferError::Content(vanished)))
    }

    fn transfer(&self, url: &str, size: u64, sha256: Digest) -> Result<(), TransferError> {
        let mut answer = self.ask(url)?;
        Ok(self.cache.put(answer.body_mut().as_reader(), size, sha256)?)
    }

    fn read(&self, url: &str, limit: u64) -> Result<Vec<u8>, TransferError> {
        let mut answer = self.ask(url)?;
        let body = answer.body_mut().with_config().limit(limit).read_to_vec();
        body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => TransferError::TooLong(limit),
            other => TransferError::Transport(Box::new(other)),
        })
    }

    fn ask(&self, url: &str) -> Result<ureq::http::Response<ureq::Body>, TransferError> {
        let answer = self.agent.get(url).call().map_err(|error| TransferError::Transport(Box::new(error)))?;
        match answer.status().as_u16() {
            200 => Ok(answer),
            status => Err(TransferError::Status(status)),
        }
    }
}

/// The lock that belongs to a recipe, with the recipe.
pub fn recipe_and_lock(path: &Path) -> Result<(Recipe, Lock), FetchError> {
    let recipe = Recipe::load(path)?;
    let lock = Lock::load_for(&Recipe::lock_path(path), recipe.checksum())?;
    Ok((recipe, lock))
}
