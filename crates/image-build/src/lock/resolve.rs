//! Finds the newest version of each package that the suites together have.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::Path;

use jiff::Timestamp;

use super::LockError;
use crate::debian::control::{self, Paragraph};
use crate::debian::openpgp::{self, Keyring};
use crate::debian::package;
use crate::debian::release::{IndexFile, Release};
use crate::debian::version;
use crate::digest::Digest;
use crate::fetch::{Fetcher, Source};
use crate::lock_file::{Lock, LockedPackage, LockedRelease};
use crate::platform::Architecture;
use crate::recipe::{Archive, Recipe};

/// A release file of Debian stable has 140 KB.
const LONGEST_RELEASE: u64 = 4 * 1024 * 1024;
/// Smallest first; `Packages` itself is not kept on mirrors.
const INDEX_NAMES: [&str; 2] = ["Packages.xz", "Packages.gz"];

/// What the archive has today.
#[derive(Debug, Clone)]
pub struct Resolution {
    pub lock: Lock,
    /// The newest version in security suites, by package name and architecture, where they have one.
    pub security: BTreeMap<(String, Architecture), String>,
}

/// Asks the archive. `now` is compared with the release files' last day of validity.
pub fn resolve(recipe: &Recipe, path: &Path, source: &Source, now: Timestamp) -> Result<Resolution, LockError> {
    let keyring = load_keyring(recipe, path)?;
    let fetcher = Fetcher::new(source, &recipe.debian)?;
    let mut newest = Newest::default();
    let mut releases = Vec::new();
    for archive in &recipe.debian.archives {
        let (locked, release) = read_release(&fetcher, archive, &keyring, now)?;
        for architecture in &recipe.architectures {
            newest.read_index(&fetcher, recipe, archive, &release, *architecture)?;
        }
        releases.push(locked);
    }
    let packages = newest.all(recipe)?;
    Ok(Resolution { lock: Lock { recipe: recipe.checksum(), releases, packages }, security: newest.security })
}

fn load_keyring(recipe: &Recipe, recipe_path: &Path) -> Result<Keyring, LockError> {
    let path = recipe_path.with_file_name(&recipe.debian.keyring);
    let failed = |source| LockError::Keyring { path: path.clone(), source };
    let bytes = fs::read(&path).map_err(|error| failed(error.into()))?;
    Keyring::parse(&bytes).map_err(|error| failed(error.into()))
}

fn read_release(
    fetcher: &Fetcher,
    archive: &Archive,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<(LockedRelease, Release), LockError> {
    let suite = &archive.suite;
    let path = format!("{}/dists/{suite}/InRelease", archive.path);
    let bytes = fetcher.unverified(&path, LONGEST_RELEASE)?;
    // What is not text has no signature either
    let document = String::from_utf8_lossy(&bytes);
    let (signed, signed_by) = openpgp::verify(&document, keyring).map_err(|source| LockError::Signature {
        path,
        suite: suite.clone(),
        source,
    })?;
    let release = Release::parse(&signed.text());
    if release.codename() != suite {
        return Err(LockError::OtherSuite { suite: suite.clone(), codename: release.codename().to_owned() });
    }
    if let Some(until) = release.valid_until().filter(|until| *until < now) {
        return Err(LockError::Expired { suite: suite.clone(), until });
    }
    let date = release.date().ok_or_else(|| incomplete(suite, "date"))?.to_string();
    let locked = LockedRelease {
        suite: suite.clone(),
        archive: archive.path.clone(),
        date,
        sha256: Digest::of(&bytes),
        signed_by,
    };
    Ok((locked, release))
}

fn incomplete(suite: &str, what: &str) -> LockError {
    LockError::Incomplete { suite: suite.to_owned(), what: what.to_owned() }
}

#[derive(Debug, Default)]
struct Newest {
    packages: BTreeMap<(String, Architecture), LockedPackage>,
    security: BTreeMap<(String, Architecture), String>,
}

impl Newest {
    fn read_index(
        &mut self,
        fetcher: &Fetcher,
        recipe: &Recipe,
        archive: &Archive,
        release: &Release,
        architecture: Architecture,
    ) -> Result<(), LockError> {
        let folder = format!("{}/binary-{architecture}", recipe.debian.component);
        let index = INDEX_NAMES
            .iter()
            .find_map(|name| release.index(&format!("{folder}/{name}")))
            .ok_or_else(|| incomplete(&archive.suite, &format!("index {folder}")))?;
        let dists = format!("{}/dists/{}", archive.path, archive.suite);
        let packed = fetcher.below_mirror(&address(&dists, &folder, &index, release), index.size, index.sha256)?;
        let decoder = package::decoder(&index.path, packed.as_slice())
            .ok_or_else(|| incomplete(&archive.suite, "index packed by xz or gzip"))?;
        let wanted = |name: &str| recipe.debian.all_packages().any(|wanted| wanted == name);
        let mut found = Vec::new();
        control::for_each_package(BufReader::new(decoder), wanted, |paragraph| found.push(paragraph))
            .map_err(|source| LockError::Index { suite: archive.suite.clone(), source })?;
        for paragraph in found {
            let debug = |name: &str| !recipe.debian.packages.iter().any(|package| package == name);
            self.offer(locked(&paragraph, archive, architecture, debug)?, archive.security);
        }
        Ok(())
    }

    fn offer(&mut self, package: LockedPackage, security: bool) {
        let key = (package.name.clone(), package.architecture);
        let newer_than = |known: &str| version::compare(&package.version, known).is_gt();
        if security && self.security.get(&key).is_none_or(|known| newer_than(known)) {
            self.security.insert(key.clone(), package.version.clone());
        }
        if self.packages.get(&key).is_none_or(|known| newer_than(&known.version)) {
            self.packages.insert(key, package);
        }
    }

    fn all(&self, recipe: &Recipe) -> Result<Vec<LockedPackage>, LockError> {
        for name in recipe.debian.all_packages() {
            for architecture in &recipe.architectures {
                if !self.packages.contains_key(&(name.to_owned(), *architecture)) {
                    return Err(LockError::NoPackage { name: name.to_owned(), architecture: architecture.to_string() });
                }
            }
        }
        Ok(self.packages.values().cloned().collect())
    }
}

/// By digest where the archive offers it, so that an update of the mirror in between does no harm.
fn address(dists: &str, folder: &str, index: &IndexFile, release: &Release) -> String {
    match release.by_hash() {
        true => format!("{dists}/{folder}/by-hash/SHA256/{}", index.sha256),
        false => format!("{dists}/{}", index.path),
    }
}

fn locked(
    entry: &Paragraph,
    archive: &Archive,
    architecture: Architecture,
    debug: impl Fn(&str) -> bool,
) -> Result<LockedPackage, LockError> {
    let name = entry.get("Package").unwrap_or_default().to_owned();
    let missing = |field| LockError::Entry { name: name.clone(), field };
    let field = |field| entry.get(field).ok_or_else(|| missing(field));
    let version = field("Version")?.to_owned();
    let (source, source_version) = source_of(entry, &name, &version);
    Ok(LockedPackage {
        debug: debug(&name),
        source,
        source_version,
        architecture,
        package_architecture: field("Architecture")?.to_owned(),
        suite: archive.suite.clone(),
        archive: archive.path.clone(),
        path: field("Filename")?.to_owned(),
        size: field("Size")?.parse().map_err(|_| missing("Size"))?,
        sha256: field("SHA256")?.parse().map_err(|_| missing("SHA256"))?,
        version,
        name: name.clone(),
    })
}

/// `Source: busybox (1:1.37.0-6)`, where it differs from the package.
fn source_of(entry: &Paragraph, name: &str, version: &str) -> (String, String) {
    let Some(source) = entry.get("Source") else { return (name.to_owned(), version.to_owned()) };
    match source.split_once(" (") {
        Some((source, other)) => (source.to_owned(), other.trim_end_matches(')').to_owned()),
        None => (source.to_owned(), version.to_owned()),
    }
}
