//! What a scan found, as a line for people and as numbers for `metrics`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::advisories::Advisories;
use super::finding::{Finding, count};
use super::severity::Severity;
use super::{Subject, plural};
use crate::recipe::Recipe;

/// Of one image.
#[derive(Debug)]
pub struct Report {
    image: String,
    pub(super) architecture: String,
    crates: usize,
    packages: usize,
    advisories: usize,
    newest: String,
    /// Worst first.
    pub(super) findings: Vec<Finding>,
}

/// One line of the numbers' file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    pub image: String,
    pub architecture: String,
    /// By name of severity; those with none are there as zero.
    pub vulnerabilities: BTreeMap<String, usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("the scan's numbers cannot be written to {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("the scan's numbers in {path} cannot be read; `image-build scan` writes them")]
    Read { path: PathBuf, source: io::Error },
    #[error("the scan's numbers in {path} are not understood; `image-build scan` writes them again")]
    Parse { path: PathBuf, source: serde_json::Error },
}

impl Report {
    pub(super) fn of(subject: &Subject, recipe: &Recipe, findings: Vec<Finding>, advisories: &Advisories) -> Self {
        Self {
            image: recipe.repository.clone(),
            architecture: subject.architecture.to_string(),
            crates: subject.linked.crates.len(),
            packages: subject.packages.len(),
            advisories: advisories.count(),
            newest: advisories.newest.to_string(),
            findings,
        }
    }

    fn numbers(&self) -> Numbers {
        let counts = count(&self.findings).into_iter();
        Numbers {
            image: self.image.clone(),
            architecture: self.architecture.clone(),
            vulnerabilities: counts.map(|(severity, count)| (severity.name().to_owned(), count)).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { architecture, crates, packages, advisories, newest, findings, .. } = self;
        // What is rated as no vulnerability at all is not worth a word
        let counts = count(findings).into_iter().filter(|(severity, _)| *severity != Severity::None);
        let counts: Vec<_> = counts.map(|(severity, count)| format!("{count} {severity}")).collect();
        write!(
            to,
            "{architecture}: {} in {}, {} and the C library (against {advisories} advisories, the newest of {newest}, \
             and Debian's security suite of today)",
            counts.join(", "),
            plural(*crates, "crate"),
            plural(*packages, "package"),
        )
    }
}

pub(super) fn write(path: &Path, reports: &[Report]) -> Result<(), ReportError> {
    let numbers: Vec<_> = reports.iter().map(Report::numbers).collect();
    let failed = |source| ReportError::Write { path: path.to_owned(), source };
    let mut text = serde_json::to_string_pretty(&numbers).map_err(|error| failed(error.into()))?;
    text.push('\n');
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// What `write` wrote.
pub fn read(path: &Path) -> Result<Vec<Numbers>, ReportError> {
    let text = fs::read(path).map_err(|source| ReportError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| ReportError::Parse { path: path.to_owned(), source })
}
