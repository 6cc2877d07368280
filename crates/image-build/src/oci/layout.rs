//! An OCI layout on disk: `oci-layout`, `index.json` and blobs named by their digests.
//!
//! Written beside its place and renamed into it when complete, so that there is never half an image. Every blob that is
//! read is compared with its digest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use super::{Descriptor, INDEX, ImageConfig, Index, MANIFEST, Manifest};
use crate::digest::Digest;

const MARKER: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("{path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} cannot be written")]
    Write { path: PathBuf, source: io::Error },
    #[error("{0} is not an OCI layout; `image-build build` makes one")]
    NoLayout(PathBuf),
    #[error("{what} is not understood")]
    Parse { what: String, source: serde_json::Error },
    #[error("the blob {digest} is damaged: its content has another digest; build the image again")]
    Damaged { digest: String },
    #[error("{0} is not a digest this tool reads: sha256:… is expected")]
    Digest(String),
    #[error("the layout holds no image for linux/{0}")]
    NoPlatform(String),
}

/// A layout that is complete.
#[derive(Debug, Clone)]
pub struct Layout {
    folder: PathBuf,
}

/// One image of a layout: for one platform.
#[derive(Debug, Clone)]
pub struct Image {
    /// As the index describes it, or as `index.json` does where there is no index.
    pub descriptor: Descriptor,
    pub manifest: Manifest,
    pub config: ImageConfig,
}

impl Image {
    /// `amd64`, `arm64`, …
    pub fn architecture(&self) -> &str {
        &self.config.architecture
    }
}

impl Layout {
    pub fn open(folder: &Path) -> Result<Self, LayoutError> {
        if !folder.join("oci-layout").is_file() {
            return Err(LayoutError::NoLayout(folder.to_owned()));
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// `index.json`: the tags.
    pub fn index(&self) -> Result<Index, LayoutError> {
        let path = self.folder.join("index.json");
        let text = fs::read(&path).map_err(|source| LayoutError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| LayoutError::Parse { what: path.display().to_string(), source })
    }

    /// Where a blob lies, whether it is there or not.
    pub fn blob_path(&self, digest: &str) -> Result<PathBuf, LayoutError> {
        let known = Digest::from_oci(digest).ok_or_else(|| LayoutError::Digest(digest.to_owned()))?;
        Ok(self.folder.join("blobs/sha256").join(known.to_string()))
    }

    /// The content of a blob, compared with its digest.
    pub fn blob(&self, digest: &str) -> Result<Vec<u8>, LayoutError> {
        let path = self.blob_path(digest)?;
        let content = fs::read(&path).map_err(|source| LayoutError::Read { path, source })?;
        if Digest::of(&content).oci() != digest {
            return Err(LayoutError::Damaged { digest: digest.to_owned() });
        }
        Ok(content)
    }

    /// A blob that is JSON.
    pub fn json<T: DeserializeOwned>(&self, digest: &str) -> Result<T, LayoutError> {
        serde_json::from_slice(&self.blob(digest)?)
            .map_err(|source| LayoutError::Parse { what: format!("the blob {digest}"), source })
    }

    /// What the layout is about: the multi-architecture index where there is one, else its only manifest.
    pub fn top(&self) -> Result<Descriptor, LayoutError> {
        let manifests = self.index()?.manifests;
        let index = manifests.iter().find(|descriptor| descriptor.media_type == INDEX);
        index.or(manifests.first()).cloned().ok_or_else(|| LayoutError::NoLayout(self.folder.clone()))
    }

    /// Every image, sorted by architecture; what only refers to images (signatures, SBOMs) is left out.
    pub fn images(&self) -> Result<Vec<Image>, LayoutError> {
        let mut images = Vec::new();
        let mut left = self.index()?.manifests;
        while let Some(descriptor) = left.pop() {
            if descriptor.media_type == INDEX {
                left.extend(self.json::<Index>(&descriptor.digest)?.manifests);
            } else if descriptor.media_type == MANIFEST {
                let manifest: Manifest = self.json(&descriptor.digest)?;
                if manifest.subject.is_none() && manifest.artifact_type.is_none() {
                    let config = self.json(&manifest.config.digest)?;
                    images.push(Image { descriptor, manifest, config });
                }
            }
        }
        images.sort_by(|one, other| one.config.architecture.cmp(&other.config.architecture));
        images.dedup_by(|one, other| one.descriptor.digest == other.descriptor.digest);
        Ok(images)
    }

    pub fn image(&self, architecture: &str) -> Result<Image, LayoutError> {
        self.images()?
            .into_iter()
            .find(|image| image.architecture() == architecture)
            .ok_or_else(|| LayoutError::NoPlatform(architecture.to_owned()))
    }
}

/// A layout in the making. Dropped without `finish`, nothing of it stays.
#[derive(Debug)]
pub struct Writer {
    target: PathBuf,
    working: TempDir,
}

impl Writer {
    /// Starts a layout that will lie at `target`, or take the place of the one that lies there.
    pub fn start(target: &Path) -> Result<Self, LayoutError> {
        if target.exists() {
            // Only what is a layout is ever replaced
            Layout::open(target)?;
        }
        let beside = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |path: &Path, source| LayoutError::Write { path: path.to_owned(), source };
        fs::create_dir_all(beside).map_err(|source| failed(beside, source))?;
        let working =
            tempfile::Builder::new().prefix(".layout-").tempdir_in(beside).map_err(|source| failed(beside, source))?;
        let blobs = working.path().join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(|source| failed(&blobs, source))?;
        Ok(Self { target: target.to_owned(), working })
    }

    pub fn blob(&self, media_type: &str, content: &[u8]) -> Result<Descriptor, LayoutError> {
        let descriptor = Descriptor::of(media_type, content);
        let name = Digest::of(content).to_string();
        self.write(&self.working.path().join("blobs/sha256").join(name), content)?;
        Ok(descriptor)
    }

    pub fn json<T: Serialize>(&self, media_type: &str, value: &T) -> Result<Descriptor, LayoutError> {
        self.blob(media_type, &encode(media_type, value)?)
    }

    /// Writes the tags and moves the layout to its place.
    pub fn finish(self, tags: Vec<Descriptor>) -> Result<Layout, LayoutError> {
        let index =
            Index { schema_version: 2, media_type: Some(INDEX.to_owned()), manifests: tags, annotations: [].into() };
        self.write(&self.working.path().join("index.json"), &encode("index.json", &index)?)?;
        self.write(&self.working.path().join("oci-layout"), MARKER.as_bytes())?;
        self.put_in_place()
    }

    fn put_in_place(self) -> Result<Layout, LayoutError> {
        let failed = |source| LayoutError::Write { path: self.target.clone(), source };
        if self.target.exists() {
            fs::remove_dir_all(&self.target).map_err(failed)?;
        }
        readable_by_all(self.working.path()).map_err(failed)?;
        fs::rename(self.working.path(), &self.target).map_err(failed)?;
        Layout::open(&self.target)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), LayoutError> {
        fs::write(path, content).map_err(|source| LayoutError::Write { path: self.target.clone(), source })
    }
}

/// Temporary folders are their owner's alone; a finished layout is like any other output.
#[cfg(unix)]
fn readable_by_all(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable_by_all(_: &Path) -> io::Result<()> {
    Ok(())
}

fn encode<T: Serialize>(what: &str, value: &T) -> Result<Vec<u8>, LayoutError> {
    serde_json::to_vec(value).map_err(|source| LayoutError::Parse { what: what.to_owned(), source })
}
