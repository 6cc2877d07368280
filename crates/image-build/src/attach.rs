//! Documents that belong to an image (SBOMs, provenance), as registries keep them: a manifest of its own that names the
//! image as its subject, found by asking for the image's referrers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::oci::{Annotations, Descriptor, MANIFEST, Manifest};

/// What a document's manifest has in place of a configuration.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_CONTENT: &[u8] = b"{}";
const TITLE: &str = "org.opencontainers.image.title";

/// What `sbom` writes: the ending of the file's name, the type that scanners ask registries for.
const KINDS: [(&str, &str); 3] = [
    ("spdx.json", "application/spdx+json"),
    ("cdx.json", "application/vnd.cyclonedx+json"),
    ("provenance.json", "application/vnd.in-toto+json"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Also its media type.
    pub artifact_type: String,
    /// The file's name.
    pub title: String,
    pub content: Vec<u8>,
}

/// An artifact as it is pushed: blobs first, then the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// With its artifact type, as an index of referrers lists it.
    pub descriptor: Descriptor,
    pub manifest: Vec<u8>,
    pub blobs: Vec<(Descriptor, Vec<u8>)>,
}

#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    #[error("{path} is missing; `image-build sbom` writes it")]
    Missing { path: PathBuf },
    #[error("{path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} speaks of another image than {digest}; `image-build sbom` writes it again")]
    OtherImage { path: PathBuf, digest: String },
    #[error("the manifest of {title} cannot be written")]
    Manifest { title: String, source: serde_json::Error },
}

/// The documents that `sbom` wrote about one image. All of them, and about this very image, or none.
pub fn read(folder: &Path, architecture: &str, image: &Descriptor) -> Result<Vec<Artifact>, AttachError> {
    KINDS.iter().map(|(ending, kind)| artifact(&folder.join(format!("{architecture}.{ending}")), kind, image)).collect()
}

fn artifact(path: &Path, kind: &str, image: &Descriptor) -> Result<Artifact, AttachError> {
    let content = fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => AttachError::Missing { path: path.to_owned() },
        _ => AttachError::Read { path: path.to_owned(), source },
    })?;
    let hexadecimal = image.digest.trim_start_matches("sha256:").as_bytes();
    if memchr::memmem::find(&content, hexadecimal).is_none() {
        return Err(AttachError::OtherImage { path: path.to_owned(), digest: image.digest.clone() });
    }
    let title = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Artifact { artifact_type: kind.to_owned(), title, content })
}

/// The manifest that ties an artifact to its image.
pub fn referrer(artifact: &Artifact, image: &Descriptor) -> Result<Referrer, AttachError> {
    let config = Descriptor::of(EMPTY, EMPTY_CONTENT);
    let mut layer = Descriptor::of(&artifact.artifact_type, &artifact.content);
    layer.annotations.insert(TITLE.to_owned(), artifact.title.clone());
    let subject = Descriptor { platform: None, annotations: Annotations::new(), ..image.clone() };
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: Some(artifact.artifact_type.clone()),
        config: config.clone(),
        layers: vec![layer.clone()],
        subject: Some(subject),
        annotations: Annotations::new(),
    };
    let manifest = serde_json::to_vec(&manifest)
        .map_err(|source| AttachError::Manifest { title: artifact.title.clone(), source })?;
    let mut descriptor = Descriptor::of(MANIFEST, &manifest);
    descriptor.artifact_type = Some(artifact.artifact_type.clone());
    let blobs = vec![(config, EMPTY_CONTENT.to_vec()), (layer, artifact.content.clone())];
    Ok(Referrer { descriptor, manifest, blobs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Descriptor {
        Descriptor::of(MANIFEST, b"an image").tagged("1.0")
    }

    fn written(content: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (ending, _) in KINDS {
            fs::write(folder.path().join(format!("amd64.{ending}")), content).unwrap();
        }
        folder
    }

    #[test]
    fn a_referrer_names_its_image_and_nothing_of_its_tags() {
        let folder = written(&image().digest);
        let artifacts = read(folder.path(), "amd64", &image()).unwrap();
        let kinds: Vec<_> = artifacts.iter().map(|artifact| artifact.artifact_type.as_str()).collect();
        assert_eq!(kinds, ["application/spdx+json", "application/vnd.cyclonedx+json", "application/vnd.in-toto+json"]);
        let referrer = referrer(&artifacts[0], &image()).unwrap();
        let manifest: Manifest = serde_json::from_slice(&referrer.manifest).unwrap();
        let subject = manifest.subject.unwrap();
        assert_eq!((subject.digest, subject.annotations.len()), (image().digest, 0));
        assert_eq!(manifest.layers[0].annotations[TITLE], "amd64.spdx.json");
        let blobs: Vec<_> = referrer.blobs.iter().map(|(descriptor, _)| descriptor).collect();
        assert_eq!(blobs, [&manifest.config, &manifest.layers[0]]);
        assert_eq!(referrer.descriptor.digest, crate::digest::Digest::of(&referrer.manifest).oci());
    }

    #[test]
    fn documents_of_another_image_or_none_are_refused() {
        let folder = written("sha256:0000");
        let error = read(folder.path(), "amd64", &image()).unwrap_err();
        assert!(matches!(error, AttachError::OtherImage { .. }), "{error:?}");
        assert!(matches!(read(folder.path(), "arm64", &image()), Err(AttachError::Missing { .. })));
    }
}
