//! What the documents are written from: one image, its lock, and what is linked into its binary.

use super::SbomError;
use crate::contents;
use crate::digest::Digest;
use crate::linked::{self, CLibrary, Crate, Linked};
use crate::lock_file::{Lock, LockedPackage};
use crate::oci::layout::{Image, Layout};
use crate::platform::Architecture;
use crate::recipe::Recipe;

const SOURCE: &str = "org.opencontainers.image.source";
const REVISION: &str = "org.opencontainers.image.revision";
const VERSION: &str = "org.opencontainers.image.version";
/// Of an image without one: the documents need some time, and this one claims nothing.
const EPOCH: &str = "1970-01-01T00:00:00Z";

#[derive(Debug)]
pub(super) struct Material {
    /// Where it is published, without a tag.
    pub(super) repository: String,
    pub(super) architecture: Architecture,
    /// Of the image's manifest: `sha256:…`.
    pub(super) digest: String,
    /// RFC 3339, in seconds.
    pub(super) created: String,
    pub(super) version: Option<String>,
    /// The repository and the commit it was built from.
    pub(super) source: Option<String>,
    pub(super) revision: Option<String>,
    /// Sorted by name.
    pub(super) packages: Vec<LockedPackage>,
    pub(super) linked: Linked,
    pub(super) c_library: CLibrary,
    pub(super) binary: Digest,
    pub(super) binary_path: String,
    /// What packages' paths are below of.
    pub(super) mirror: String,
}

impl Material {
    pub(super) fn gather(layout: &Layout, image: &Image, recipe: &Recipe, lock: &Lock) -> Result<Self, SbomError> {
        let contents = contents::read(layout, image, &recipe.binary.path)?;
        let mut linked = linked::read(&contents.binary)?;
        let c_library = linked.c_library.take().ok_or(SbomError::NoCLibrary)?;
        let architecture = contents.architecture;
        let packages = contents.packages.iter().map(|package| locked(lock, package, architecture));
        let label = |name: &str| image.config.config.labels.get(name).cloned();
        Ok(Self {
            repository: recipe.repository.clone(),
            architecture,
            digest: image.descriptor.digest.clone(),
            created: image.config.created.clone().unwrap_or_else(|| EPOCH.to_owned()),
            version: label(VERSION),
            source: label(SOURCE),
            revision: label(REVISION),
            packages: packages.collect::<Result<_, _>>()?,
            linked,
            c_library,
            binary: Digest::of(&contents.binary),
            binary_path: recipe.binary.path.clone(),
            mirror: recipe.debian.mirror.clone(),
        })
    }

    /// `cluster-health-mcp`
    pub(super) fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// Of the commit where the image says one, such as `1.2.3`; else its digest.
    pub(super) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or(&self.digest)
    }

    /// Crates with their place in the list, which dependencies count in.
    pub(super) fn crates(&self) -> impl Iterator<Item = (usize, &Crate)> {
        self.linked.crates.iter().enumerate()
    }
}

fn locked(lock: &Lock, package: &contents::Package, architecture: Architecture) -> Result<LockedPackage, SbomError> {
    let same = |locked: &&LockedPackage| {
        locked.name == package.name && locked.version == package.version && locked.architecture == architecture
    };
    lock.packages.iter().find(same).cloned().ok_or_else(|| SbomError::NotLocked {
        name: package.name.clone(),
        version: package.version.clone(),
        architecture: architecture.to_string(),
    })
}
