//! Debian's security suite against the packages of an image, and against the C library in its binary.
//!
//! A version in the security suite is there because somebody mended something. The index does not say how bad it was,
//! so the severity is unknown, and closes the gate until the newer version is taken.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::severity::Severity;
use crate::contents::Package;
use crate::debian::version;
use crate::linked::CLibrary;
use crate::platform::Architecture;

/// The newest version in security suites, by name and architecture; what was never mended has none.
pub(super) type Security = BTreeMap<(String, Architecture), String>;

/// Debian's binary package of glibc; it has the version of its source.
pub(super) const C_LIBRARY: &str = "libc6";

pub(super) fn compare(packages: &[Package], architecture: Architecture, security: &Security) -> Vec<Finding> {
    let newer = |package: &Package| newer(&package.name, &package.version, architecture, security);
    packages.iter().filter_map(|package| Some(finding(&package.name, &package.version, newer(package)?))).collect()
}

/// `security` is of the release that the C library comes from.
pub(super) fn compare_c_library(
    library: &CLibrary,
    architecture: Architecture,
    security: &Security,
) -> Option<Finding> {
    let newer = newer(C_LIBRARY, &library.version, architecture, security)?;
    Some(finding("glibc", &library.version, newer))
}

fn newer<'a>(name: &str, than: &str, architecture: Architecture, security: &'a Security) -> Option<&'a str> {
    let offered = security.get(&(name.to_owned(), architecture))?;
    version::compare(offered, than).is_gt().then_some(offered)
}

fn finding(package: &str, version: &str, newer: &str) -> Finding {
    Finding {
        severity: Severity::Unknown,
        id: format!("debian-security:{package}"),
        package: package.to_owned(),
        version: version.to_owned(),
        title: "Debian's security suite has a newer version".to_owned(),
        aliases: Vec::new(),
        remedy: format!("mended in {newer}"),
    }
}

/// The Debian release that a version of glibc is of: a release keeps the upstream version it came with.
pub(super) fn release_of(version: &str) -> Option<&'static str> {
    match version.split_once('-')?.0 {
        "2.36" => Some("bookworm"),
        "2.41" => Some("trixie"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str) -> Package {
        Package { name: name.to_owned(), version: version.to_owned(), ..Package::default() }
    }

    fn security(of: &[(&str, &str)]) -> Security {
        of.iter().map(|(name, version)| (((*name).to_owned(), Architecture::Amd64), (*version).to_owned())).collect()
    }

    #[test]
    fn a_newer_security_version_closes_the_gate() {
        let packages = [package("tzdata", "2026b-0+deb13u1"), package("netbase", "6.5"), package("media-types", "13")];
        let security = security(&[("tzdata", "2026f-0+deb13u1"), ("netbase", "6.5"), ("openssl", "9.9")]);
        let found = compare(&packages, Architecture::Amd64, &security);
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["UNKNOWN tzdata 2026b-0+deb13u1: debian-security:tzdata Debian's security suite has a newer version; \
                 mended in 2026f-0+deb13u1"]
        );
        assert!(found[0].severity.closes_the_gate());
    }

    #[test]
    fn the_c_library_in_the_binary_counts_like_a_package() {
        let linked = |version: &str| CLibrary { distribution: "debian".to_owned(), version: version.to_owned() };
        let security = security(&[("libc6", "2.41-12+deb13u2")]);
        let compare = |version: &str| compare_c_library(&linked(version), Architecture::Amd64, &security);
        assert!(compare("2.41-12+deb13u1").is_some());
        assert!(compare("2.41-12+deb13u2").is_none());
    }

    #[test]
    fn a_version_says_which_release_it_is_for() {
        assert_eq!(release_of("2.41-12+deb13u1"), Some("trixie"));
        assert_eq!(release_of("2.36-9+deb12u14"), Some("bookworm"));
        assert_eq!(release_of("2.41-12"), Some("trixie"));
        assert_eq!(release_of("2.39-0ubuntu8.4"), None);
    }
}
