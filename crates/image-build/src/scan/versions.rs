//! Which versions a requirement of an advisory means.
//!
//! Cargo's own matching never lets a pre-release satisfy a plain requirement. Advisories mean an order: `1.6.1-alpha`
//! comes before the patched `1.6.1` and is affected, `2.0.0-rc.1` comes after it and is not.

use semver::{BuildMetadata, Comparator, Op, Prerelease, Version, VersionReq};

/// Whether a version satisfies every part of a requirement, pre-releases in their place in the order.
pub(super) fn within(requirement: &VersionReq, version: &Version) -> bool {
    requirement.comparators.iter().all(|comparator| satisfies(comparator, version))
}

fn satisfies(comparator: &Comparator, version: &Version) -> bool {
    let version = &Version { build: BuildMetadata::EMPTY, ..version.clone() };
    let lowest = lowest(comparator);
    let whole = comparator.patch.is_some();
    let before = |end: Option<Version>| end.is_none_or(|end| *version < end);
    match comparator.op {
        Op::GreaterEq => *version >= lowest,
        Op::Less => *version < lowest,
        Op::Greater if whole => *version > lowest,
        Op::Greater => !before(after_last_given(comparator)),
        Op::LessEq if whole => *version <= lowest,
        Op::LessEq => before(after_last_given(comparator)),
        Op::Exact if whole => *version == lowest,
        Op::Exact | Op::Wildcard => *version >= lowest && before(after_last_given(comparator)),
        Op::Tilde => *version >= lowest && before(after_minor(comparator)),
        Op::Caret => *version >= lowest && before(after_compatible(comparator)),
        // A kind of requirement that does not exist yet: nothing is known to satisfy it
        _ => false,
    }
}

/// What is not given counts as zero.
fn lowest(comparator: &Comparator) -> Version {
    let (minor, patch) = (comparator.minor.unwrap_or(0), comparator.patch.unwrap_or(0));
    Version { pre: comparator.pre.clone(), ..Version::new(comparator.major, minor, patch) }
}

/// An upper bound that leaves its own pre-releases out: `^1.2` ends before `2.0.0-0`.
fn bound(major: Option<u64>, minor: u64, patch: u64) -> Option<Version> {
    Some(Version { pre: Prerelease::new("0").ok()?, ..Version::new(major?, minor, patch) })
}

fn next(number: u64) -> Option<u64> {
    number.checked_add(1)
}

/// For `1.2` before 1.3.0, for `1` before 2.0.0.
fn after_last_given(comparator: &Comparator) -> Option<Version> {
    match (comparator.minor, comparator.patch) {
        (Some(minor), Some(patch)) => bound(Some(comparator.major), minor, next(patch)?),
        (Some(minor), None) => bound(Some(comparator.major), next(minor)?, 0),
        (None, _) => bound(next(comparator.major), 0, 0),
    }
}

fn after_minor(comparator: &Comparator) -> Option<Version> {
    match comparator.minor {
        Some(minor) => bound(Some(comparator.major), next(minor)?, 0),
        None => bound(next(comparator.major), 0, 0),
    }
}

/// The leftmost part that is not zero may not change.
fn after_compatible(comparator: &Comparator) -> Option<Version> {
    match (comparator.major, comparator.minor, comparator.patch) {
        (0, Some(0), Some(patch)) => bound(Some(0), 0, next(patch)?),
        (0, Some(minor), _) => bound(Some(0), next(minor)?, 0),
        (major, _, _) => bound(next(major), 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_mean_ranges_in_the_order_of_versions() {
        for (requirement, inside, outside) in [
            (">= 1.6.1", &["1.6.1", "1.6.2", "2.0.0-rc.1", "1.6.1+build"][..], &["1.6.0", "1.6.1-alpha"][..]),
            (">= 0.6.14, < 1.0.0", &["0.6.14", "0.9.0"], &["0.6.13", "1.0.0", "1.6.0"]),
            ("< 0.6.3", &["0.6.2", "0.6.3-rc.1"], &["0.6.3", "0.6.4"]),
            ("0.54.2", &["0.54.2", "0.54.9"], &["0.54.1", "0.55.0", "0.55.0-alpha"]),
            ("^1.2", &["1.2.0", "1.9.9"], &["1.1.9", "2.0.0", "2.0.0-alpha"]),
            ("^0.0.3", &["0.0.3"], &["0.0.4", "0.0.2"]),
            ("~1.2.3", &["1.2.3", "1.2.9"], &["1.3.0", "1.2.2"]),
            ("=1.2.3", &["1.2.3"], &["1.2.4", "1.2.3-rc.1"]),
            ("= 1.2", &["1.2.0", "1.2.9"], &["1.3.0"]),
            ("> 1.2", &["1.3.0"], &["1.2.9", "1.2.0"]),
            ("> 1.2.3", &["1.2.4"], &["1.2.3", "1.2.3-beta"]),
            ("<= 1.2", &["1.2.9", "0.1.0"], &["1.3.0"]),
            ("<= 1.2.3", &["1.2.3"], &["1.2.4"]),
            ("1.*", &["1.0.0", "1.9.0"], &["2.0.0", "0.9.0"]),
            ("*", &["0.0.1", "9.9.9-pre"], &[]),
            (">= 1.0.0-rc.2", &["1.0.0-rc.2", "1.0.0"], &["1.0.0-rc.1"]),
        ] {
            let parsed = VersionReq::parse(requirement).unwrap();
            for (versions, expected) in [(inside, true), (outside, false)] {
                for version in versions {
                    assert_eq!(within(&parsed, &version.parse().unwrap()), expected, "{version} within {requirement}");
                }
            }
        }
    }
}
