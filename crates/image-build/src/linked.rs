//! What is linked into a binary, read from the binary itself: crates from the list that cargo-auditable leaves in it,
//! the C library and the compiler from the lines they leave of their own.

use auditable_info::{Error as AuditableError, audit_info_from_slice};
use auditable_serde::{DependencyKind, Source, VersionInfo};
use semver::Version;

/// Lists of thousands of crates take less; a compressed bomb takes more.
const LIST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// In the order of the list, which `Crate::dependencies` count in.
    pub crates: Vec<Crate>,
    /// `None` when the binary names no C library: it is dynamic, or musl's.
    pub c_library: Option<CLibrary>,
    /// What compiled it; the standard library has the same version.
    pub rust: Option<Version>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crate {
    pub name: String,
    pub version: Version,
    pub origin: Origin,
    /// Runs while building (build scripts, procedural macros) and is not part of the binary.
    pub build_only: bool,
    /// The one the binary was built from.
    pub root: bool,
    pub dependencies: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    CratesIo,
    /// This repository.
    Local,
    /// Git or another registry: no advisory speaks of it.
    Elsewhere,
}

/// A statically linked glibc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CLibrary {
    /// Such as `debian`.
    pub distribution: String,
    /// The version of its package, such as `2.41-12+deb13u1`.
    pub version: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkedError {
    #[error(
        "the binary has no list of the crates in it, so nothing can be said about them; build it with `cargo auditable`"
    )]
    NoList,
    #[error("the binary's list of crates cannot be read")]
    Unreadable(#[source] AuditableError),
    #[error("the binary's list of crates is empty")]
    Empty,
}

/// Reads a whole ELF file.
pub fn read(binary: &[u8]) -> Result<Linked, LinkedError> {
    let list = audit_info_from_slice(binary, LIST_BYTES).map_err(|error| match error {
        AuditableError::NoAuditData => LinkedError::NoList,
        other => LinkedError::Unreadable(other),
    })?;
    if list.packages.is_empty() {
        return Err(LinkedError::Empty);
    }
    Ok(Linked { crates: crates(list), c_library: c_library(binary), rust: rust(binary) })
}

fn crates(list: VersionInfo) -> Vec<Crate> {
    list.packages
        .into_iter()
        .map(|package| Crate {
            name: package.name,
            version: package.version,
            origin: match package.source {
                Source::CratesIo => Origin::CratesIo,
                Source::Local => Origin::Local,
                _ => Origin::Elsewhere,
            },
            build_only: package.kind == DependencyKind::Build,
            root: package.root,
            dependencies: package.dependencies,
        })
        .collect()
}

/// `GNU C Library (Debian GLIBC 2.41-12+deb13u1) stable release version 2.41.`
fn c_library(binary: &[u8]) -> Option<CLibrary> {
    let line = text_after(binary, b"GNU C Library (", b')')?;
    let (distribution, version) = line.split_once(" GLIBC ")?;
    Some(CLibrary { distribution: distribution.to_lowercase(), version: version.to_owned() })
}

/// `rustc version 1.95.0 (59807616e 2026-04-14)`
fn rust(binary: &[u8]) -> Option<Version> {
    Version::parse(text_after(binary, b"rustc version ", b' ')?).ok()
}

/// The text between a mark and an end, if it is short and printable.
fn text_after<'a>(binary: &'a [u8], mark: &[u8], end: u8) -> Option<&'a str> {
    const LONGEST: usize = 80;
    let start = memchr::memmem::find(binary, mark)? + mark.len();
    let rest = &binary[start..binary.len().min(start + LONGEST)];
    let text = std::str::from_utf8(&rest[..memchr::memchr(end, rest)?]).ok()?;
    text.chars().all(|c| c.is_ascii_graphic() || c == ' ').then_some(text)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::elf;

    #[test]
    fn a_binary_says_what_is_linked_in() {
        let binary = elf(r#"{"packages":[
                {"name":"mcp-server","version":"0.1.0","source":"local","root":true,"dependencies":[1]},
                {"name":"smallvec","version":"1.6.0","source":"crates.io"},
                {"name":"cc","version":"1.2.0","source":"crates.io","kind":"build"}]}"#);
        let linked = read(&binary).unwrap();
        assert_eq!(linked.crates.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["mcp-server", "smallvec", "cc"]);
        assert!(linked.crates[0].root && linked.crates[0].origin == Origin::Local);
        assert!(linked.crates[2].build_only && !linked.crates[1].build_only);
        let glibc = CLibrary { distribution: "debian".to_owned(), version: "2.41-12+deb13u1".to_owned() };
        assert_eq!(linked.c_library, Some(glibc));
        assert_eq!(linked.rust, Some(Version::new(1, 95, 0)));
    }

    #[test]
    fn a_binary_without_its_list_is_refused() {
        let error = read(&crate::testing::elf_without_list()).unwrap_err();
        assert!(matches!(error, LinkedError::NoList), "{error:?}");
        assert!(error.to_string().contains("cargo auditable"));
        assert!(matches!(read(b"#!/bin/sh\n"), Err(LinkedError::Unreadable(_))));
        assert!(matches!(read(&elf(r#"{"packages":"#)), Err(LinkedError::Unreadable(_))));
        assert!(read(&elf(r#"{"packages":[]}"#)).is_err());
    }
}
