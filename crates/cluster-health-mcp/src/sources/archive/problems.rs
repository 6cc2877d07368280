//! What was in the archive and was not handed on: the first of them in the order of their paths, whatever order the
//! archive has, and all of them by count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;

/// Why a file was skipped, or handed on in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An absolute path, `..`, a drive letter, a backslash or a control character.
    UnsafePath,
    /// The path is not UTF-8.
    UnreadablePath,
    /// Longer or deeper than the limits allow.
    LongPath,
    /// A symbolic or hard link where a wanted file would be; links are never followed.
    Link,
    /// A device, FIFO, socket or an entry type tar does not define, where a wanted file would be.
    Special,
    /// Stored as a sparse file, which must-gather never does.
    Sparse,
    /// Larger than the limit; only its beginning was handed on.
    TooLarge,
    /// The path came up before; both were handed on, the later one counts.
    Duplicate,
    /// The operating system refused.
    Refused(io::ErrorKind),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsafePath => f.write_str("unsafe path"),
            Self::UnreadablePath => f.write_str("path is not UTF-8"),
            Self::LongPath => f.write_str("path too long or too deep"),
            Self::Link => f.write_str("link, not followed"),
            Self::Special => f.write_str("not a regular file"),
            Self::Sparse => f.write_str("sparse file"),
            Self::TooLarge => f.write_str("too large, only its beginning was read"),
            Self::Duplicate => f.write_str("in the archive more than once, the last one counts"),
            Self::Refused(kind) => write!(f, "{kind}"),
        }
    }
}

/// One skipped file. The path is cleaned for display and capped, since an archive can put anything in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: String,
    pub reason: Reason,
}

/// A bounded list and exact counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    listed: BTreeSet<Skipped>,
    counts: BTreeMap<Reason, u64>,
    room: usize,
}

impl Problems {
    pub(super) fn new(room: usize) -> Self {
        Self { listed: BTreeSet::new(), counts: BTreeMap::new(), room }
    }

    pub(super) fn add(&mut self, path: &[u8], reason: Reason) {
        *self.counts.entry(reason).or_default() += 1;
        self.listed.insert(Skipped { path: shown(path), reason });
        if self.listed.len() > self.room {
            self.listed.pop_last();
        }
    }

    /// The first problems by path.
    pub fn listed(&self) -> impl ExactSizeIterator<Item = &Skipped> {
        self.listed.iter()
    }

    /// All problems, also those not listed.
    pub fn counts(&self) -> &BTreeMap<Reason, u64> {
        &self.counts
    }

    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// Longest path shown. A must-gather path takes up to about 300 bytes.
const SHOWN_CHARS: usize = 400;

/// A path fit for a message: no control characters, no bytes that are not text, bounded.
pub(super) fn shown(path: &[u8]) -> String {
    let head = &path[..path.len().min(SHOWN_CHARS * 4)];
    let text = String::from_utf8_lossy(head);
    let mut shown: String =
        text.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if head.len() < path.len() || text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_a_few_and_counts_all() {
        let mut problems = Problems::new(2);
        for name in ["c", "a", "b"] {
            problems.add(name.as_bytes(), Reason::Link);
        }
        problems.add(b"d", Reason::Sparse);
        assert_eq!(problems.listed().map(|skipped| skipped.path.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(problems.total(), 4);
        assert_eq!(problems.counts()[&Reason::Link], 3);
    }

    #[test]
    fn a_shown_path_is_clean_and_short() {
        assert_eq!(shown(b"a\x1b[31m\n/b"), "a\u{fffd}[31m\u{fffd}/b");
        assert_eq!(shown(&[b'x', 0xff]), "x\u{fffd}");
        let long = shown("é".repeat(10_000).as_bytes());
        assert_eq!(long.chars().count(), SHOWN_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
