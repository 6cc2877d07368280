//! docker-archive: one image as a tar that `docker load` and `podman load` read.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Serialize;
use tar::{Builder, Header};

use super::layout::{Layout, LayoutError};
use super::{Descriptor, LAYER_ZSTD};
use crate::digest::Digest;
use crate::whole_file;

/// Ends a layer that unpacks without end; ours take less than a tenth.
const LONGEST_TAR: u64 = 256 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("a layer cannot be unpacked")]
    Unpack(#[source] io::Error),
    #[error("the docker-archive cannot be packed")]
    Pack(#[source] io::Error),
    #[error("the docker-archive {path} cannot be written")]
    Write { path: std::path::PathBuf, source: io::Error },
    #[error("the layout holds no image")]
    Empty,
}

/// One entry of `manifest.json`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

/// Writes the layout's first image under a name such as `quay.io/owner/name:tag`. Its layers are plain tars.
pub fn write(layout: &Layout, name: &str, path: &Path) -> Result<(), ArchiveError> {
    let image = layout.images()?.into_iter().next().ok_or(ArchiveError::Empty)?;
    let mut tar = Builder::new(Vec::new());
    let config = layout.blob(&image.manifest.config.digest)?;
    let config_name = format!("{}.json", Digest::of(&config));
    append(&mut tar, &config_name, &config)?;
    let mut layers = Vec::new();
    for layer in &image.manifest.layers {
        let content = unpacked(layout, layer)?;
        let name = format!("{}.tar", Digest::of(&content));
        append(&mut tar, &name, &content)?;
        layers.push(name);
    }
    let entries = [Entry { config: config_name, repo_tags: vec![name.to_owned()], layers }];
    let manifest = serde_json::to_vec(&entries).map_err(|error| ArchiveError::Pack(error.into()))?;
    append(&mut tar, "manifest.json", &manifest)?;
    let content = tar.into_inner().map_err(ArchiveError::Pack)?;
    whole_file::write(path, &content).map_err(|source| ArchiveError::Write { path: path.to_owned(), source })
}

/// A layer's tar.
pub fn unpacked(layout: &Layout, layer: &Descriptor) -> Result<Vec<u8>, ArchiveError> {
    let packed = layout.blob(&layer.digest)?;
    let tar = match layer.media_type.as_str() {
        LAYER_ZSTD => zstd::Decoder::new(packed.as_slice()).and_then(read_all),
        // As OCI and as Docker name it
        kind if kind.ends_with("gzip") => read_all(GzDecoder::new(packed.as_slice())),
        _ => Ok(packed),
    };
    tar.map_err(ArchiveError::Unpack)
}

fn read_all(from: impl Read) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    from.take(LONGEST_TAR + 1).read_to_end(&mut all)?;
    if all.len() as u64 > LONGEST_TAR {
        return Err(io::Error::other(format!("it is longer than {LONGEST_TAR} bytes")));
    }
    Ok(all)
}

fn append(tar: &mut Builder<Vec<u8>>, name: &str, content: &[u8]) -> Result<(), ArchiveError> {
    let mut header = Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, name, content).map_err(ArchiveError::Pack)
}
