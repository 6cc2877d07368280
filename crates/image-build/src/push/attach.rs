//! Documents about an image, stored as what refers to it (OCI 1.1). Registries that do not know referrers are told by
//! a tag named after the image's digest, which clients fall back to.

use std::fs;
use std::path::Path;

use super::PushError;
use crate::oci::layout::{Image, Layout};
use crate::oci::{Annotations, Descriptor, INDEX, Index, MANIFEST, Manifest};
use crate::registry::Registry;

/// File name endings, and the types their documents are known by.
const KINDS: [(&str, &str); 3] = [
    ("spdx.json", "application/spdx+json"),
    ("cdx.json", "application/vnd.cyclonedx+json"),
    ("provenance.json", "application/vnd.in-toto+json"),
];
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const TITLE: &str = "org.opencontainers.image.title";

pub(super) fn all(layout: &Layout, registry: &Registry, folder: &Path) -> Result<(), PushError> {
    let mut attached = 0;
    for image in layout.images()? {
        for (ending, kind) in KINDS {
            let name = format!("{}.{ending}", image.architecture());
            let path = folder.join(&name);
            if path.is_file() {
                let content = fs::read(&path).map_err(|source| PushError::Attachment { path: path.clone(), source })?;
                let digest = &image.descriptor.digest;
                if !names(&content, digest) {
                    return Err(PushError::OtherImage { path, digest: digest.clone() });
                }
                attach(registry, &image, &name, kind, &content)?;
                attached += 1;
            }
        }
    }
    if attached == 0 { Err(PushError::NoAttachments(folder.to_owned())) } else { Ok(()) }
}

/// Whether a document has this digest in it: all of ours name the image they are about.
fn names(document: &[u8], digest: &str) -> bool {
    memchr::memmem::find(document, digest.trim_start_matches("sha256:").as_bytes()).is_some()
}

fn attach(registry: &Registry, image: &Image, name: &str, kind: &str, content: &[u8]) -> Result<(), PushError> {
    let config = Descriptor::of(EMPTY, b"{}");
    registry.put_blob(&config, b"{}")?;
    let mut document = Descriptor::of(kind, content);
    document.annotations.insert(TITLE.to_owned(), name.to_owned());
    registry.put_blob(&document, content)?;
    let subject = Descriptor { annotations: Annotations::new(), platform: None, ..image.descriptor.clone() };
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: Some(kind.to_owned()),
        config,
        layers: vec![document],
        subject: Some(subject),
        // The image's own time: the same documents are the same digest
        annotations: image
            .manifest
            .annotations
            .iter()
            .filter(|(name, _)| name.ends_with(".created"))
            .map(owned)
            .collect(),
    };
    let encoded = serde_json::to_vec(&manifest).map_err(|error| PushError::Referrers(error.to_string()))?;
    let mut descriptor = Descriptor::of(MANIFEST, &encoded);
    let knows_referrers = registry.put_manifest(&descriptor.digest, MANIFEST, &encoded)?;
    if !knows_referrers {
        descriptor.artifact_type = Some(kind.to_owned());
        list(registry, &image.descriptor.digest, descriptor)?;
    }
    Ok(())
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

/// Adds to the index that stands for the list of referrers.
fn list(registry: &Registry, subject: &str, descriptor: Descriptor) -> Result<(), PushError> {
    let tag = subject.replace(':', "-");
    let unclear = || PushError::Referrers(subject.to_owned());
    let mut index = match registry.manifest(&tag)? {
        Some(known) => serde_json::from_slice(&known).map_err(|_| unclear())?,
        None => Index {
            schema_version: 2,
            media_type: Some(INDEX.to_owned()),
            manifests: Vec::new(),
            annotations: Annotations::new(),
        },
    };
    index.manifests.retain(|known| known.digest != descriptor.digest);
    index.manifests.push(descriptor);
    let encoded = serde_json::to_vec(&index).map_err(|_| unclear())?;
    registry.put_manifest(&tag, INDEX, &encoded)?;
    Ok(())
}
