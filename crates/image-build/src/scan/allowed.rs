//! The list of findings that may pass for a while, `images/allowed-vulnerabilities.toml`: each with a reason and an end.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use super::Finding;
use crate::toml_file::{self, TomlFileError};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Allowed {
    #[serde(default)]
    allow: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Of the finding: `RUSTSEC-2021-0003`.
    pub id: String,
    /// The crate or package it was judged for.
    pub package: String,
    /// Why it does no harm here.
    pub reason: String,
    /// The last day it counts.
    pub until: Date,
}

#[derive(Debug, thiserror::Error)]
pub enum AllowedError {
    #[error(transparent)]
    File(#[from] TomlFileError),
    #[error("{id} for {package} in {path} has no reason")]
    NoReason { id: String, package: String, path: PathBuf },
}

impl Allowed {
    pub(super) fn load(path: &Path) -> Result<Self, AllowedError> {
        let list: Self = toml_file::load("the list of allowed findings", path)?;
        match list.allow.iter().find(|entry| entry.reason.trim().is_empty()) {
            None => Ok(list),
            Some(Entry { id, package, .. }) => {
                Err(AllowedError::NoReason { id: id.clone(), package: package.clone(), path: path.to_owned() })
            }
        }
    }

    /// The entry that speaks of a finding, whether it still counts or not.
    pub(super) fn entry(&self, finding: &Finding) -> Option<&Entry> {
        self.allow.iter().find(|entry| entry.id == finding.id && entry.package == finding.package)
    }

    /// Entries that no finding needs.
    pub(super) fn unused<'a>(&'a self, findings: &'a [Finding]) -> impl Iterator<Item = &'a Entry> {
        self.allow.iter().filter(|entry| !findings.iter().any(|finding| self.entry(finding) == Some(entry)))
    }
}

impl Entry {
    pub(super) fn expired(&self, today: Date) -> bool {
        today > self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Allowed, AllowedError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Allowed::load(file.path())
    }

    #[test]
    fn an_entry_has_a_reason_and_an_end() {
        let entry = "[[allow]]\nid = \"A\"\npackage = \"p\"\nreason = \"not called\"\nuntil = \"2026-12-31\"\n";
        assert_eq!(load(entry).unwrap().allow[0].until.to_string(), "2026-12-31");
        assert!(matches!(load(&entry.replace("not called", " ")), Err(AllowedError::NoReason { .. })));
        assert!(matches!(load(&entry.replace("2026-12-31", "never")), Err(AllowedError::File(_))));
        assert!(matches!(load(entry.split_once("until").unwrap().0), Err(AllowedError::File(_))));
        assert!(load("").unwrap().allow.is_empty());
    }

    #[test]
    fn the_last_day_still_counts() {
        let entry = Entry {
            id: String::new(),
            package: String::new(),
            reason: String::new(),
            until: Date::constant(2026, 6, 30),
        };
        assert!(!entry.expired(Date::constant(2026, 6, 30)));
        assert!(entry.expired(Date::constant(2026, 7, 1)));
    }
}
