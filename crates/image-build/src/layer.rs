//! A tree as a layer: a tar whose bytes depend on nothing but the tree, and its compressed form.

use std::io;

use clap::ValueEnum;
use libdeflater::{CompressionLvl, Compressor};
use tar::{Builder, EntryType, Header};

use crate::digest::Digest;
use crate::oci::{LAYER_GZIP, LAYER_ZSTD};
use crate::rootfs::{Kind, Node, Tree};

/// Unpacking is a tenth slower than at the default level, and a fifth smaller.
const ZSTD_LEVEL: i32 = 19;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Compression {
    /// Read by everything
    #[default]
    Gzip,
    /// A fifth smaller; not read by everything yet
    Zstd,
}

#[derive(Debug, Clone)]
pub struct Layer {
    pub media_type: &'static str,
    pub content: Vec<u8>,
    /// Digest of the tar.
    pub diff_id: Digest,
    /// Bytes of the tar.
    pub tar_size: u64,
}

impl Layer {
    pub fn new(tree: &Tree, compression: Compression) -> io::Result<Self> {
        let tar = tar(tree)?;
        let (media_type, content) = match compression {
            Compression::Gzip => (LAYER_GZIP, gzip(&tar)?),
            Compression::Zstd => (LAYER_ZSTD, zstd::bulk::compress(&tar, ZSTD_LEVEL)?),
        };
        Ok(Self { media_type, content, diff_id: Digest::of(&tar), tar_size: tar.len() as u64 })
    }
}

/// Sorted, with the time zero and numbers for owners.
fn tar(tree: &Tree) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for (path, node) in tree.iter() {
        append(&mut tar, path, node)?;
    }
    tar.into_inner()
}

fn append(tar: &mut Builder<Vec<u8>>, path: &str, node: &Node) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(node.mode);
    header.set_uid(node.uid.into());
    header.set_gid(node.gid.into());
    header.set_mtime(0);
    header.set_size(0);
    match &node.kind {
        Kind::File(content) => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, path, content.as_slice())
        }
        Kind::Folder => {
            header.set_entry_type(EntryType::Directory);
            tar.append_data(&mut header, format!("{path}/"), io::empty())
        }
        Kind::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            tar.append_link(&mut header, path, target)
        }
    }
}

/// Without a time or a name in its header.
/// Without a time or a name.
fn gzip(tar: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut gzip = vec![0; compressor.gzip_compress_bound(tar.len())];
    let length = compressor.gzip_compress(tar, &mut gzip).map_err(io::Error::other)?;
    gzip.truncate(length);
    Ok(gzip)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.add("usr/local/bin/server", Node::file("program", 0o755)).unwrap();
        tree.add("bin", Node::link("usr/bin")).unwrap();
        tree.add("home/nonroot", Node::folder(0o700).owned_by(65532, 65532)).unwrap();
        tree.add(&format!("usr/share/{}", "long/".repeat(40)), Node::file("", 0o644)).unwrap();
        tree
    }

    #[test]
    fn the_same_tree_is_the_same_bytes() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let (one, other) = (Layer::new(&tree(), compression).unwrap(), Layer::new(&tree(), compression).unwrap());
            assert_eq!(one.content, other.content);
            assert_eq!(one.diff_id, other.diff_id);
        }
    }

    #[test]
    fn a_layer_reads_back_as_its_tree() {
        let layer = Layer::new(&tree(), Compression::Gzip).unwrap();
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(layer.content.as_slice()).read_to_end(&mut tar).unwrap();
        assert_eq!(Digest::of(&tar), layer.diff_id);
        let mut archive = tar::Archive::new(tar.as_slice());
        let entries: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!(header.mtime().unwrap(), 0);
                let path = entry.path().unwrap().to_string_lossy().into_owned();
                (path, header.mode().unwrap(), header.uid().unwrap())
            })
            .collect();
        assert_eq!(entries.len(), tree().iter().count());
        assert!(entries.contains(&("usr/local/bin/server".to_owned(), 0o755, 0)));
        assert!(entries.contains(&("home/nonroot/".to_owned(), 0o700, 65532)));
        assert!(entries.contains(&("bin".to_owned(), 0o777, 0)));
    }
}
