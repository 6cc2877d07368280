//! What one package holds: its files as a tree, and what it says about itself.

use std::io::{self, Read};

use tar::{Archive, EntryType};

use super::{Kind, Node, RootfsError, Tree};
use crate::debian::package::Package;

#[derive(Debug, Clone)]
pub struct Files {
    pub name: String,
    /// The control paragraph.
    pub control: String,
    /// `md5sums`, as packaged.
    pub md5sums: String,
    pub tree: Tree,
}

impl Files {
    /// Reads a `.deb`. Owners and modes are taken over, times and names of owners are not.
    pub fn read(name: &str, deb: &[u8]) -> Result<Self, RootfsError> {
        let package = Package::read(deb).map_err(|source| RootfsError::Package { package: name.to_owned(), source })?;
        let control = Control::read(&package.control).map_err(|source| failed(name, source))?;
        Ok(Self {
            name: name.to_owned(),
            control: control.paragraph.ok_or(RootfsError::Incomplete { package: name.to_owned(), what: "control" })?,
            md5sums: control.md5sums,
            tree: tree(name, &package.data)?,
        })
    }
}

fn failed(package: &str, source: io::Error) -> RootfsError {
    RootfsError::Files { package: package.to_owned(), source }
}

#[derive(Default)]
struct Control {
    paragraph: Option<String>,
    md5sums: String,
}

impl Control {
    fn read(tar: &[u8]) -> io::Result<Self> {
        let mut control = Self::default();
        for entry in Archive::new(tar).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            match path.trim_start_matches("./") {
                "control" => control.paragraph = Some(io::read_to_string(&mut entry)?),
                "md5sums" => control.md5sums = io::read_to_string(&mut entry)?,
                _ => {}
            }
        }
        Ok(control)
    }
}

fn tree(package: &str, tar: &[u8]) -> Result<Tree, RootfsError> {
    let mut tree = Tree::default();
    let mut archive = Archive::new(tar);
    let failed = |source| failed(package, source);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let path = entry.path().map_err(failed)?.to_string_lossy().into_owned();
        if matches!(path.as_str(), "." | "./") {
            continue;
        }
        let kind = kind(package, &mut entry, &path, &tree)?;
        let header = entry.header();
        let number = |value: io::Result<u64>| value.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        let (uid, gid) = (number(header.uid()).map_err(failed)?, number(header.gid()).map_err(failed)?);
        let mode = header.mode().map_err(failed)? & 0o7777;
        tree.add(&path, Node { kind, mode, uid, gid })?;
    }
    Ok(tree)
}

fn kind(package: &str, entry: &mut tar::Entry<'_, &[u8]>, path: &str, tree: &Tree) -> Result<Kind, RootfsError> {
    let failed = |source| failed(package, source);
    let target = entry.link_name().map_err(failed)?.map(|target| target.to_string_lossy().into_owned());
    match (entry.header().entry_type(), target) {
        (EntryType::Directory, _) => Ok(Kind::Folder),
        (EntryType::Symlink, Some(target)) => Ok(Kind::Link(target)),
        // A second name for a file that came before: a copy, so that every file stands for itself
        (EntryType::Link, Some(target)) => match tree.get(target.trim_start_matches("./")) {
            Some(node) => Ok(node.kind.clone()),
            None => Err(RootfsError::HardLink { path: path.to_owned(), target }),
        },
        (EntryType::Regular, _) => {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(failed)?;
            Ok(Kind::File(content))
        }
        _ => Err(RootfsError::Kind(path.to_owned())),
    }
}
