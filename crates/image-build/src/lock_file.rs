//! The lock, `images/<name>.lock.json`: exactly which packages, as `lock` found them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Architecture;
use crate::whole_file;

const SNAPSHOTS_TAKE: SignedDuration = SignedDuration::from_hours(12);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// `recipe::Debian::checksum` of the recipe this was made from.
    pub recipe: Digest,
    pub releases: Vec<LockedRelease>,
    /// Sorted by name, then architecture.
    pub packages: Vec<LockedPackage>,
}

/// The signed release file a suite was read through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedRelease {
    pub suite: String,
    /// The archive's path below its mirror.
    pub archive: String,
    /// When the archive wrote it, RFC 3339.
    pub date: String,
    pub sha256: Digest,
    /// Fingerprint of the key whose signature was checked.
    pub signed_by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    pub name: String,
    pub version: String,
    /// Source package and its version: what Debian's security tracker speaks of.
    pub source: String,
    pub source_version: String,
    /// Of the images it goes into; a package for all architectures is listed once for each.
    pub architecture: Architecture,
    /// As in the package's file name: `all` or the architecture.
    pub package_architecture: String,
    /// Only in the debug variant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub debug: bool,
    pub suite: String,
    /// The archive's path below its mirror.
    pub archive: String,
    /// Below the archive: `pool/main/…`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    pub sha256: Digest,
}

#[derive(Debug, thiserror::Error)]
pub enum LockFileError {
    #[error("the lock {path} cannot be read; `image-build lock` writes it")]
    Read { path: PathBuf, source: io::Error },
    #[error("the lock {path} is not understood; `image-build lock` writes it again")]
    Parse { path: PathBuf, source: serde_json::Error },
    #[error("the lock {path} was made from another list of packages; `image-build lock` writes it again")]
    Stale { path: PathBuf },
    #[error("the lock {path} cannot be written")]
    Write { path: PathBuf, source: io::Error },
}

impl Lock {
    pub fn load(path: &Path) -> Result<Self, LockFileError> {
        let text = fs::read(path).map_err(|source| LockFileError::Read { path: path.to_owned(), source })?;
        serde_json::from_slice(&text).map_err(|source| LockFileError::Parse { path: path.to_owned(), source })
    }

    /// Loads a lock that belongs to a recipe with this checksum.
    pub fn load_for(path: &Path, recipe: Digest) -> Result<Self, LockFileError> {
        let lock = Self::load(path)?;
        if lock.recipe != recipe {
            return Err(LockFileError::Stale { path: path.to_owned() });
        }
        Ok(lock)
    }

    /// When snapshots certainly held a package: they are taken some hours after the archive changed.
    pub fn snapshot_time(&self, package: &LockedPackage) -> Option<String> {
        let release = self.releases.iter().find(|release| release.suite == package.suite)?;
        let taken = release.date.parse::<Timestamp>().ok()?.checked_add(SNAPSHOTS_TAKE).ok()?;
        Some(taken.strftime("%Y%m%dT%H%M%SZ").to_string())
    }

    pub fn write(&self, path: &Path) -> Result<(), LockFileError> {
        let failed = |source| LockFileError::Write { path: path.to_owned(), source };
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        whole_file::write(path, &text).map_err(failed)
    }

    /// Of what is locked, not of how the file is written.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(&self.packages).unwrap_or_default())
    }

    /// What goes into one image.
    pub fn packages_for(&self, architecture: Architecture, debug: bool) -> impl Iterator<Item = &LockedPackage> {
        self.packages.iter().filter(move |package| package.architecture == architecture && (debug || !package.debug))
    }
}
