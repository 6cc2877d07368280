//! RustSec's advisories against the crates in a binary, and against the standard library of its compiler.

use super::advisories::{Advisories, STANDARD_LIBRARY};
use super::advisory::Advisory;
use super::finding::Finding;
use crate::linked::{Linked, Origin};
use crate::platform::Architecture;

/// What advisories say about a binary.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Crates {
    pub(super) vulnerabilities: Vec<Finding>,
    /// Lines about what is no vulnerability as such: unmaintained, unsound. They are read, not gated.
    pub(super) notices: Vec<String>,
}

pub(super) fn compare(linked: &Linked, architecture: Architecture, advisories: &Advisories) -> Crates {
    let mut result = Crates::default();
    // Build scripts and macros count too: what they do ends up in the binary
    let crates = linked.crates.iter().filter(|one| one.origin == Origin::CratesIo);
    let crates = crates.map(|one| (one.name.as_str(), &one.version));
    let standard = linked.rust.iter().map(|version| (STANDARD_LIBRARY, version));
    for (name, version) in crates.chain(standard) {
        let about = advisories.about(name).iter();
        for advisory in about.filter(|advisory| advisory.affects(version, machine(architecture))) {
            match &advisory.informational {
                None => result.vulnerabilities.push(finding(advisory, &version.to_string())),
                Some(kind) => {
                    result.notices.push(format!("{kind}: {name} {version}: {} {}", advisory.id, advisory.title));
                }
            }
        }
    }
    result
}

fn finding(advisory: &Advisory, version: &str) -> Finding {
    Finding {
        severity: advisory.severity,
        id: advisory.id.clone(),
        package: advisory.package.clone(),
        version: version.to_owned(),
        title: advisory.title.clone(),
        aliases: advisory.aliases.clone(),
        remedy: advisory.remedy(),
    }
}

/// As Rust and advisories name it.
fn machine(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Amd64 => "x86_64",
        Architecture::Arm64 => "aarch64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linked::read;
    use crate::scan::severity::Severity;
    use crate::testing::{elf, fixture};

    fn compare_with(packages: &str) -> Crates {
        let linked = read(&elf(&format!(r#"{{"packages":[{packages}]}}"#))).unwrap();
        compare(&linked, Architecture::Amd64, &Advisories::open(&fixture("advisories")).unwrap())
    }

    const ROOT: &str = r#"{"name":"mcp-server","version":"0.1.0","source":"local","root":true}"#;

    #[test]
    fn a_vulnerable_crate_is_found() {
        let found = compare_with(&format!(r#"{ROOT},{{"name":"smallvec","version":"1.6.0","source":"crates.io"}}"#));
        assert_eq!(found.vulnerabilities.len(), 1);
        assert_eq!(found.vulnerabilities[0].severity, Severity::Critical);
        assert_eq!(
            found.vulnerabilities[0].to_string(),
            "CRITICAL smallvec 1.6.0: RUSTSEC-2021-0003 (CVE-2021-25900) Buffer overflow in SmallVec::insert_many; \
             mended in >=0.6.14, <1.0.0 or >=1.6.1"
        );
    }

    #[test]
    fn a_mended_one_and_our_own_of_the_same_name_are_not() {
        for package in [
            r#"{"name":"smallvec","version":"1.6.1","source":"crates.io"}"#,
            r#"{"name":"smallvec","version":"1.6.0","source":"local"}"#,
        ] {
            assert_eq!(compare_with(&format!("{ROOT},{package}")), Crates::default(), "{package}");
        }
    }

    #[test]
    fn one_that_only_runs_while_building_counts() {
        let found = compare_with(&format!(
            r#"{ROOT},{{"name":"smallvec","version":"1.6.0","source":"crates.io","kind":"build"}}"#
        ));
        assert_eq!(found.vulnerabilities.len(), 1);
    }

    #[test]
    fn unmaintained_is_said_and_not_gated() {
        let found = compare_with(&format!(r#"{ROOT},{{"name":"old-helper","version":"3.0.0","source":"crates.io"}}"#));
        assert!(found.vulnerabilities.is_empty());
        assert_eq!(found.notices, ["unmaintained: old-helper 3.0.0: RUSTSEC-2026-9001 old-helper is unmaintained"]);
    }

    #[test]
    fn the_standard_library_counts_as_well() {
        let mut linked = read(&elf(&format!(r#"{{"packages":[{ROOT}]}}"#))).unwrap();
        let advisories = Advisories::open(&fixture("advisories")).unwrap();
        assert_eq!(compare(&linked, Architecture::Amd64, &advisories), Crates::default());
        linked.rust = Some(semver::Version::new(1, 58, 0));
        let found = compare(&linked, Architecture::Amd64, &advisories);
        assert_eq!(found.vulnerabilities[0].package, "std");
    }
}
