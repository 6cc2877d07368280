//! One thing that is wrong with an image, and how many there are of each severity.

use std::collections::BTreeMap;
use std::fmt;

use super::severity::Severity;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// Such as `RUSTSEC-2021-0003`, or `debian-security:tzdata`.
    pub id: String,
    /// The crate or package.
    pub package: String,
    pub version: String,
    pub title: String,
    /// CVE and GHSA numbers.
    pub aliases: Vec<String>,
    /// What mends it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    /// One line: `CRITICAL smallvec 1.6.0: RUSTSEC-2021-0003 (CVE-2021-25900) Buffer overflow …; mended in >=1.6.1`.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, id, package, version, title, aliases, remedy } = self;
        write!(to, "{} {package} {version}: {id}", severity.name().to_uppercase())?;
        if !aliases.is_empty() {
            write!(to, " ({})", aliases.join(", "))?;
        }
        write!(to, " {title}; {remedy}")
    }
}

/// Every severity with its number of findings, zero included: a series that is zero says that somebody looked.
pub fn count(findings: &[Finding]) -> BTreeMap<Severity, usize> {
    let mut counts: BTreeMap<_, _> = Severity::ALL.into_iter().map(|severity| (severity, 0)).collect();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    counts
}
