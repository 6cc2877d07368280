//! What changed between a lock and what the archive has today.

use std::fmt;

use super::resolve::Resolution;
use crate::debian::version;
use crate::lock_file::{Lock, LockedPackage};
use crate::platform::Architecture;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    name: String,
    architecture: Architecture,
    from: Option<String>,
    to: Option<String>,
    suite: String,
    /// A security suite has a newer version than the one that was locked.
    pub(super) security: bool,
}

pub(super) fn between(old: &Lock, today: &Resolution) -> Vec<Moved> {
    let new = &today.lock;
    let changed = new.packages.iter().filter_map(|package| {
        let before = same(old, package);
        if before.is_some_and(|before| before.sha256 == package.sha256) {
            return None;
        }
        let offered = today.security.get(&(package.name.clone(), package.architecture));
        let security =
            before.zip(offered).is_some_and(|(before, offered)| version::compare(offered, &before.version).is_gt());
        Some(Moved {
            name: package.name.clone(),
            architecture: package.architecture,
            from: before.map(|before| before.version.clone()),
            to: Some(package.version.clone()),
            suite: package.suite.clone(),
            security,
        })
    });
    let gone = old.packages.iter().filter(|package| same(new, package).is_none()).map(|package| Moved {
        name: package.name.clone(),
        architecture: package.architecture,
        from: Some(package.version.clone()),
        to: None,
        suite: package.suite.clone(),
        security: false,
    });
    changed.chain(gone).collect()
}

fn same<'a>(lock: &'a Lock, package: &LockedPackage) -> Option<&'a LockedPackage> {
    lock.packages.iter().find(|other| other.name == package.name && other.architecture == package.architecture)
}

impl fmt::Display for Moved {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
        write!(to, "{} {}: {} -> {}", self.name, self.architecture, version(&self.from), version(&self.to))?;
        write!(to, " ({}{})", self.suite, if self.security { ", security" } else { "" })
    }
}
