//! One advisory of the RustSec database: a Markdown file that starts with a block of TOML.

use jiff::civil::Date;
use semver::{Version, VersionReq};
use serde::Deserialize;

use super::severity::Severity;
use super::versions::within;

#[derive(Debug, Clone)]
pub(super) struct Advisory {
    /// Such as `RUSTSEC-2021-0003`.
    pub id: String,
    /// The crate; `std` for Rust's own library.
    pub package: String,
    pub title: String,
    /// Other names: CVE and GHSA numbers.
    pub aliases: Vec<String>,
    pub date: Date,
    pub severity: Severity,
    /// Not a vulnerability as such: `unmaintained`, `unsound`, `notice`.
    pub informational: Option<String>,
    pub patched: Vec<VersionReq>,
    unaffected: Vec<VersionReq>,
    withdrawn: bool,
    affected: Affected,
}

/// Empty: all of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Affected {
    os: Vec<String>,
    arch: Vec<String>,
}

#[derive(Deserialize)]
struct Front {
    advisory: Table,
    #[serde(default)]
    affected: Affected,
    versions: Versions,
}

#[derive(Deserialize)]
struct Table {
    id: String,
    package: String,
    date: String,
    #[serde(default)]
    aliases: Vec<String>,
    cvss: Option<String>,
    informational: Option<String>,
    withdrawn: Option<String>,
}

#[derive(Deserialize)]
struct Versions {
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

#[derive(Debug, thiserror::Error)]
pub enum AdvisoryError {
    #[error("it does not start with a block of TOML")]
    NoFront,
    #[error("its block of TOML is not understood")]
    Front(#[from] toml::de::Error),
    #[error("its date is not one")]
    Date(#[from] jiff::Error),
}

impl Advisory {
    pub(super) fn parse(text: &str) -> Result<Self, AdvisoryError> {
        let (front, body) =
            text.strip_prefix("```toml").and_then(|rest| rest.split_once("\n```")).ok_or(AdvisoryError::NoFront)?;
        let Front { advisory, affected, versions } = toml::from_str(front)?;
        let title = body.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
        Ok(Self {
            id: advisory.id,
            package: advisory.package,
            title: title.trim().to_owned(),
            aliases: advisory.aliases,
            date: advisory.date.parse()?,
            severity: advisory.cvss.as_deref().map_or(Severity::Unknown, Severity::of_vector),
            informational: advisory.informational.map(|kind| kind.trim().to_owned()),
            patched: versions.patched,
            unaffected: versions.unaffected,
            withdrawn: advisory.withdrawn.is_some(),
            affected,
        })
    }

    /// Whether it speaks of this version on Linux. `arch` is Rust's name of the architecture.
    pub(super) fn affects(&self, version: &Version, arch: &str) -> bool {
        let spared = self.patched.iter().chain(&self.unaffected).any(|range| within(range, version));
        let there = |list: &[String], name: &str| list.is_empty() || list.iter().any(|listed| listed == name);
        !self.withdrawn && !spared && there(&self.affected.os, "linux") && there(&self.affected.arch, arch)
    }

    /// Where to go: `>= 0.6.14, <1.0.0 or >=1.6.1`.
    pub(super) fn remedy(&self) -> String {
        if self.patched.is_empty() {
            return "no version mends it".to_owned();
        }
        let patched: Vec<_> = self.patched.iter().map(ToString::to_string).collect();
        format!("mended in {}", patched.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLVEC: &str = include_str!("../../tests/fixtures/advisories/crates/smallvec/RUSTSEC-2021-0003.md");

    #[test]
    fn an_advisory_says_which_versions_it_means() {
        let advisory = Advisory::parse(SMALLVEC).unwrap();
        assert_eq!((advisory.severity, advisory.date.to_string()), (Severity::Critical, "2021-01-08".to_owned()));
        assert_eq!(advisory.title, "Buffer overflow in SmallVec::insert_many");
        for (version, affected) in [
            ("0.6.2", false),
            ("0.6.3", true),
            ("0.6.13", true),
            ("0.6.14", false),
            ("1.0.0", true),
            ("1.6.0", true),
            ("1.6.1-alpha.1", true),
            ("1.6.1", false),
            ("2.0.0-alpha.1", false),
        ] {
            assert_eq!(advisory.affects(&version.parse().unwrap(), "x86_64"), affected, "{version}");
        }
        assert_eq!(advisory.remedy(), "mended in >=0.6.14, <1.0.0 or >=1.6.1");
    }

    #[test]
    fn withdrawn_ones_and_those_of_other_systems_do_not_count() {
        let version = Version::new(1, 6, 0);
        let changed = |from: &str, to: &str| Advisory::parse(&SMALLVEC.replacen(from, to, 1)).unwrap();
        assert!(!changed("date = ", "withdrawn = \"2022-01-01\"\ndate = ").affects(&version, "x86_64"));
        assert!(!changed("[affected]\n", "[affected]\nos = [\"windows\"]\n").affects(&version, "x86_64"));
        let arm = changed("[affected]\n", "[affected]\narch = [\"aarch64\"]\nos = [\"linux\"]\n");
        assert!(arm.affects(&version, "aarch64") && !arm.affects(&version, "x86_64"));
    }

    #[test]
    fn without_a_rating_it_is_of_unknown_severity() {
        let unrated: String =
            SMALLVEC.lines().filter(|line| !line.starts_with("cvss")).map(|l| format!("{l}\n")).collect();
        assert_eq!(Advisory::parse(&unrated).unwrap().severity, Severity::Unknown);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(matches!(Advisory::parse("# Title"), Err(AdvisoryError::NoFront)));
        assert!(matches!(Advisory::parse("```toml\n[advisory]\n```\n"), Err(AdvisoryError::Front(_))));
        let undated = SMALLVEC.replacen("2021-01-08", "yesterday", 1);
        assert!(matches!(Advisory::parse(&undated), Err(AdvisoryError::Date(_))));
    }
}
