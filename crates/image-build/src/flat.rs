//! The files a container of the image would see: layers over each other, lowest first.

use std::collections::BTreeMap;
use std::io::{self, Read};

use tar::{Archive, EntryType};

use crate::oci::archive::{self, ArchiveError};
use crate::oci::layout::{Image, Layout};
use crate::rootfs::{Kind, Node};

/// A file of this name stands for the removal of another.
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

#[derive(Debug, thiserror::Error)]
pub enum FlatError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("the files of the layer {digest} cannot be read")]
    Layer { digest: String, source: io::Error },
}

#[derive(Debug, Default)]
pub(crate) struct Flat {
    nodes: BTreeMap<String, Node>,
    /// Bytes of each layer's tar, lowest first.
    pub(crate) tars: Vec<u64>,
}

impl Flat {
    pub(crate) fn read(layout: &Layout, image: &Image) -> Result<Self, FlatError> {
        let mut flat = Self::default();
        for layer in &image.manifest.layers {
            let tar = archive::unpacked(layout, layer)?;
            flat.tars.push(tar.len() as u64);
            flat.lay_over(&tar).map_err(|source| FlatError::Layer { digest: layer.digest.clone(), source })?;
        }
        Ok(flat)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path.trim_matches('/'))
    }

    pub(crate) fn content(&self, path: &str) -> Option<&[u8]> {
        match &self.get(path)?.kind {
            Kind::File(content) => Some(content),
            _ => None,
        }
    }

    fn lay_over(&mut self, tar: &[u8]) -> io::Result<()> {
        for entry in Archive::new(tar).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().trim_start_matches("./").trim_matches('/').to_owned();
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if name == OPAQUE {
                self.remove_below(folder);
            } else if let Some(removed) = name.strip_prefix(WHITEOUT) {
                let gone = if folder.is_empty() { removed.to_owned() } else { format!("{folder}/{removed}") };
                self.remove_below(&gone);
                self.nodes.remove(&gone);
            } else if !path.is_empty() {
                let node = self.node(&mut entry)?;
                self.nodes.insert(path, node);
            }
        }
        Ok(())
    }

    fn node(&self, entry: &mut tar::Entry<'_, &[u8]>) -> io::Result<Node> {
        let target = entry.link_name()?.map(|target| target.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = match entry.header().entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink => Kind::Link(target),
            EntryType::Link => self.get(target.trim_start_matches("./")).map_or(Kind::Folder, |node| node.kind.clone()),
            _ => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                Kind::File(content)
            }
        };
        let header = entry.header();
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let (uid, gid) = (number(header.uid()?), number(header.gid()?));
        Ok(Node { kind, mode: header.mode()? & 0o7777, uid, gid })
    }

    fn remove_below(&mut self, folder: &str) {
        let start = format!("{folder}/");
        self.nodes.retain(|path, _| !path.starts_with(&start));
    }
}
