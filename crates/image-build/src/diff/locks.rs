//! Packages that came, went or moved.

use std::collections::{BTreeMap, BTreeSet};

use crate::lock_file::{Lock, LockedPackage};

/// Where a package is, without its architecture: most move on all of them at once.
type Versions<'a> = BTreeMap<&'a str, BTreeSet<(&'a str, &'a str)>>;

pub(super) fn between(old: &Lock, new: &Lock) -> Vec<String> {
    let (before, after) = (versions(&old.packages), versions(&new.packages));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut lines: Vec<_> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("- `{name}`: {} → {}", written(before.get(name)), written(after.get(name))))
        .collect();
    if lines.is_empty() && old.packages != new.packages {
        lines.push("- the same versions, from other files".to_owned());
    }
    lines
}

fn versions(packages: &[LockedPackage]) -> Versions<'_> {
    let mut versions = Versions::new();
    for package in packages {
        versions.entry(&package.name).or_default().insert((&package.version, &package.suite));
    }
    versions
}

fn written(versions: Option<&BTreeSet<(&str, &str)>>) -> String {
    let each = versions.into_iter().flatten().map(|(version, suite)| format!("{version} ({suite})"));
    let all: Vec<_> = each.collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::platform::Architecture;

    fn lock(packages: &[(&str, &str)]) -> Lock {
        let package = |architecture, (name, version): &(&str, &str)| LockedPackage {
            name: (*name).to_owned(),
            version: (*version).to_owned(),
            source: (*name).to_owned(),
            source_version: (*version).to_owned(),
            architecture,
            package_architecture: "all".to_owned(),
            debug: false,
            suite: "trixie".to_owned(),
            archive: "debian".to_owned(),
            path: format!("pool/{name}.deb"),
            size: 1,
            sha256: Digest::of(version.as_bytes()),
        };
        let packages =
            Architecture::ALL.iter().flat_map(|on| packages.iter().map(|named| package(*on, named))).collect();
        Lock { recipe: Digest::of(b""), releases: Vec::new(), packages }
    }

    #[test]
    fn a_package_that_moved_is_one_line_whatever_its_architectures() {
        let old = lock(&[("tzdata", "2026b"), ("netbase", "6.5"), ("gone", "1")]);
        let new = lock(&[("tzdata", "2026f"), ("netbase", "6.5"), ("new", "2")]);
        assert_eq!(
            between(&old, &new),
            [
                "- `gone`: 1 (trixie) → none",
                "- `new`: none → 2 (trixie)",
                "- `tzdata`: 2026b (trixie) → 2026f (trixie)",
            ]
        );
        assert!(between(&old, &old).is_empty());
    }
}
