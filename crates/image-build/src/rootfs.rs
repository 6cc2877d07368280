//! The file tree of an image, in memory: packages' files, then what the recipe adds.
//!
//! Everything an image holds passes through here, so that here is where nothing setuid, nothing conflicting and nothing
//! outside the tree gets in.

mod accounts;
mod busybox;
mod certificates;
mod packaged;
mod pattern;

use std::collections::BTreeMap;

use crate::debian::package::PackageError;
use crate::recipe::{Binary, Debug, Rootfs};

pub use packaged::Files;
pub use pattern::Pattern;

/// Set-user-ID and set-group-ID.
const SET_ID: u32 = 0o6000;
const STATUS: &str = "var/lib/dpkg/status.d";

/// By path without slashes at its ends; parents sort before what is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    File(Vec<u8>),
    Folder,
    Link(String),
}

#[derive(Debug, thiserror::Error)]
pub enum RootfsError {
    #[error("the package {package} cannot be unpacked")]
    Package { package: String, source: PackageError },
    #[error("the files of the package {package} cannot be read")]
    Files { package: String, source: std::io::Error },
    #[error("the package {package} has no {what}")]
    Incomplete { package: String, what: &'static str },
    #[error("{0} is no file, folder or link: an image has no devices and pipes")]
    Kind(String),
    #[error("{0} leads out of the image")]
    Outside(String),
    #[error("{0} would run with somebody else's rights (setuid or setgid)")]
    SetId(String),
    #[error("{0} comes from two places with different content")]
    Conflict(String),
    #[error("{path} lies below {link}, which is a link")]
    BelowLink { path: String, link: String },
    #[error("{path} is a hard link to {target}, which is not in its package")]
    HardLink { path: String, target: String },
    #[error("the mode {mode} of {path} is not octal")]
    Mode { path: String, mode: String },
    #[error("no package brings certificate authorities")]
    NoCertificates,
    #[error("no package of the debug variant brings usr/bin/busybox, or its commands are not listed in it")]
    NoBusybox,
}

impl Node {
    pub fn file(content: impl Into<Vec<u8>>, mode: u32) -> Self {
        Self { kind: Kind::File(content.into()), mode, uid: 0, gid: 0 }
    }

    pub fn folder(mode: u32) -> Self {
        Self { kind: Kind::Folder, mode, uid: 0, gid: 0 }
    }

    pub fn link(target: &str) -> Self {
        Self { kind: Kind::Link(target.to_owned()), mode: 0o777, uid: 0, gid: 0 }
    }

    pub fn owned_by(self, uid: u32, gid: u32) -> Self {
        Self { uid, gid, ..self }
    }
}

impl Tree {
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(path, node)| (path.as_str(), node))
    }

    pub fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path.trim_matches('/'))
    }

    /// Adds what is not there yet. Folders may come from several places, the last one's mode counts.
    pub fn add(&mut self, path: &str, node: Node) -> Result<(), RootfsError> {
        let known = self.get(path);
        if known.is_some_and(|known| *known != node && (known.kind != Kind::Folder || node.kind != Kind::Folder)) {
            return Err(RootfsError::Conflict(path.to_owned()));
        }
        self.put(path, node)
    }

    /// Adds, or takes the place of what is there.
    pub fn put(&mut self, path: &str, node: Node) -> Result<(), RootfsError> {
        let path = inside(path)?;
        if node.mode & SET_ID != 0 {
            return Err(RootfsError::SetId(path));
        }
        self.add_parents(&path)?;
        self.0.insert(path, node);
        Ok(())
    }

    fn add_parents(&mut self, path: &str) -> Result<(), RootfsError> {
        for (end, _) in path.match_indices('/') {
            let parent = &path[..end];
            match self.0.get(parent).map(|node| &node.kind) {
                Some(Kind::Folder) => {}
                Some(Kind::Link(_)) => {
                    return Err(RootfsError::BelowLink { path: path.to_owned(), link: parent.to_owned() });
                }
                Some(Kind::File(_)) => return Err(RootfsError::Conflict(parent.to_owned())),
                None => drop(self.0.insert(parent.to_owned(), Node::folder(0o755))),
            }
        }
        Ok(())
    }
}

/// The path as the tree names it.
fn inside(path: &str) -> Result<String, RootfsError> {
    let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
    if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(RootfsError::Outside(path.to_owned()));
    }
    Ok(path.to_owned())
}

/// The base: packages, the bundle of certificates, accounts, and the recipe's folders and files.
pub fn base(packages: &[Files], recipe: &Rootfs) -> Result<Tree, RootfsError> {
    let (leave_out, keep) = (Pattern::all(&recipe.leave_out), Pattern::all(&recipe.keep));
    let wanted = |path: &str| Pattern::any(&keep, path) || !Pattern::any(&leave_out, path);
    let mut tree = Tree::default();
    for package in packages {
        for (path, node) in package.tree.iter().filter(|(path, _)| wanted(path)) {
            tree.add(path, node.clone())?;
        }
        record(&mut tree, package)?;
    }
    tree.put(&recipe.certificates, Node::file(certificates::bundle(packages)?, 0o644))?;
    accounts::add(&mut tree, &recipe.users, &recipe.groups)?;
    for folder in &recipe.folders {
        let mode = u32::from_str_radix(&folder.mode, 8)
            .map_err(|_| RootfsError::Mode { path: folder.path.clone(), mode: folder.mode.clone() })?;
        tree.put(&folder.path, Node::folder(mode).owned_by(folder.uid, folder.gid))?;
    }
    for file in &recipe.files {
        tree.put(&file.path, Node::file(file.content.as_bytes(), 0o644))?;
    }
    Ok(tree)
}

/// The server, and what goes beside it.
pub fn binary(content: Vec<u8>, recipe: &Binary, beside: Vec<(String, Vec<u8>)>) -> Result<Tree, RootfsError> {
    let mut tree = Tree::default();
    tree.add(&recipe.path, Node::file(content, 0o755))?;
    for (path, content) in beside {
        tree.add(&path, Node::file(content, 0o644))?;
    }
    Ok(tree)
}

/// A shell and its commands, in a folder of their own.
pub fn debug(packages: &[Files], recipe: &Debug) -> Result<Tree, RootfsError> {
    let mut tree = busybox::tree(packages, &recipe.folder)?;
    for package in packages {
        let copyright = format!("usr/share/doc/{}/copyright", package.name);
        if let Some(node) = package.tree.get(&copyright) {
            tree.add(&copyright, node.clone())?;
        }
        record(&mut tree, package)?;
    }
    Ok(tree)
}

/// How scanners know a package where there is no package manager: its control paragraph and the digests of its files.
fn record(tree: &mut Tree, package: &Files) -> Result<(), RootfsError> {
    let present: String = package
        .md5sums
        .lines()
        .filter(|line| line.split_once("  ").is_some_and(|(_, path)| tree.get(path).is_some()))
        .flat_map(|line| [line, "\n"])
        .collect();
    tree.add(&format!("{STATUS}/{}", package.name), Node::file(package.control.as_bytes(), 0o644))?;
    tree.add(&format!("{STATUS}/{}.md5sums", package.name), Node::file(present, 0o644))
}

#[cfg(test)]
mod tests;
