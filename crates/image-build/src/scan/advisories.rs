//! The RustSec database: a folder with `crates/<name>/*.md` and `rust/std/*.md`, as `git clone` of
//! rustsec/advisory-db or an archive of it gives.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::advisory::{Advisory, AdvisoryError};

/// Rust's own library; its version is the compiler's.
pub(super) const STANDARD_LIBRARY: &str = "std";

#[derive(Debug)]
pub(super) struct Advisories {
    /// By crate.
    by_package: BTreeMap<String, Vec<Advisory>>,
    /// Date of the newest advisory. Several come a week, so this is how old the data is, whatever brought it here.
    pub newest: Date,
}

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("no advisories in {0}: a clone of rustsec/advisory-db is expected there, with its `crates` folder")]
    Nothing(PathBuf),
    #[error("{path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("the advisory {path} is not understood")]
    Advisory { path: PathBuf, source: Box<AdvisoryError> },
}

impl Advisories {
    pub(super) fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let mut all = Vec::new();
        let crates = folder.join("crates");
        for package in if crates.is_dir() { list(&crates)? } else { Vec::new() } {
            read_all(&package, &mut all)?;
        }
        let standard = folder.join("rust").join(STANDARD_LIBRARY);
        if standard.is_dir() {
            read_all(&standard, &mut all)?;
        }
        let newest = all.iter().map(|advisory| advisory.date).max();
        let newest = newest.ok_or_else(|| DatabaseError::Nothing(folder.to_owned()))?;
        let mut by_package = BTreeMap::<String, Vec<Advisory>>::new();
        for advisory in all {
            by_package.entry(advisory.package.clone()).or_default().push(advisory);
        }
        Ok(Self { by_package, newest })
    }

    pub(super) fn about(&self, package: &str) -> &[Advisory] {
        self.by_package.get(package).map_or(&[], Vec::as_slice)
    }

    pub(super) fn count(&self) -> usize {
        self.by_package.values().map(Vec::len).sum()
    }
}

/// An advisory that cannot be read might be the one that matters, so it ends the scan.
fn read_all(folder: &Path, into: &mut Vec<Advisory>) -> Result<(), DatabaseError> {
    for path in list(folder)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&path).map_err(|source| DatabaseError::Read { path: path.clone(), source })?;
        let advisory = Advisory::parse(&text);
        into.push(advisory.map_err(|source| DatabaseError::Advisory { path, source: Box::new(source) })?);
    }
    Ok(())
}

/// Sorted, as the order of a folder is nobody's.
fn list(folder: &Path) -> Result<Vec<PathBuf>, DatabaseError> {
    let failed = |source| DatabaseError::Read { path: folder.to_owned(), source };
    let entries: Result<Vec<_>, _> =
        fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = entries.map_err(failed)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn a_database_is_as_old_as_its_newest_advisory() {
        let database = Advisories::open(&fixture("advisories")).unwrap();
        assert_eq!((database.count(), database.newest.to_string()), (3, "2026-01-02".to_owned()));
        assert_eq!(database.about("smallvec").len(), 1);
        assert_eq!(database.about(STANDARD_LIBRARY).len(), 1);
        assert!(database.about("serde").is_empty());
    }

    #[test]
    fn an_empty_folder_is_no_database() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Advisories::open(folder.path()), Err(DatabaseError::Nothing(_))));
        assert!(matches!(Advisories::open(&folder.path().join("absent")), Err(DatabaseError::Nothing(_))));
    }

    #[test]
    fn one_damaged_advisory_ends_the_scan() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("crates/broken");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("RUSTSEC-2026-0001.md"), "```toml\n[advisory]\nid = 1\n```\n").unwrap();
        let error = Advisories::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("RUSTSEC-2026-0001.md"), "{error}");
    }

    #[test]
    fn the_real_database_is_understood_whole() {
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/advisory-db.tar.xz");
        if !archive.exists() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let unpacked = std::process::Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(folder.path()).status();
        assert!(unpacked.unwrap().success());
        let database = Advisories::open(folder.path()).unwrap();
        assert!(database.count() > 1200 && database.newest.year() == 2026, "{} {}", database.count(), database.newest);
    }
}
