//! The roots of one archive: a must-gather has one for each image and node, an inspect has one. Knows when each was
//! taken; the clock of the machine that reads it says nothing about that.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Place, What};

/// Filled while files stream by, asked once all have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots {
    roots: BTreeSet<String>,
    times: BTreeMap<String, i64>,
}

impl Roots {
    /// Notes the root a wanted file belongs to.
    pub fn note(&mut self, place: &Place<'_>) {
        if matches!(place.what, What::Resource(_)) && !self.roots.contains(place.root) {
            self.roots.insert(place.root.to_owned());
        }
    }

    /// Notes the content of the timestamp file in `folder`.
    pub fn note_timestamp(&mut self, folder: &str, content: &[u8]) {
        if let Some(time) = super::timestamp::newest(content) {
            let known = self.times.entry(folder.to_owned()).or_insert(time);
            *known = time.max(*known);
        }
    }

    /// All roots, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// When a root was taken, in seconds since 1970: by its own timestamp, which the cluster's clock wrote, else by the
    /// nearest one above it, which the clock of the collecting machine did.
    pub fn taken(&self, root: &str) -> Option<i64> {
        let mut folder = root;
        loop {
            if let Some(time) = self.times.get(folder) {
                return Some(*time);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// When the last root was taken: what the archive calls now.
    pub fn newest(&self) -> Option<i64> {
        self.iter().filter_map(|root| self.taken(root)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::place;
    use super::*;

    fn roots(paths: &[&str], timestamps: &[(&str, &str)]) -> Roots {
        let mut roots = Roots::default();
        for path in paths {
            roots.note(&place(path).unwrap());
        }
        for (folder, line) in timestamps {
            roots.note_timestamp(folder, line.as_bytes());
        }
        roots
    }

    const EARLY: &str = "2021-08-03 10:12:00 +0000 UTC\n";
    const LATE: &str = "2021-08-03 12:14:13 +0200 CEST\n";
    const EARLY_UNIX: i64 = 1_627_985_520;
    const LATE_UNIX: i64 = 1_627_985_653;

    #[test]
    fn the_roots_own_time_comes_before_the_collectors() {
        let roots = roots(&["mg/img/namespaces/a/core/pods.yaml"], &[("mg", LATE), ("mg/img", EARLY)]);
        assert_eq!(roots.taken("mg/img"), Some(EARLY_UNIX));
        assert_eq!(roots.newest(), Some(EARLY_UNIX));
    }

    #[test]
    fn without_its_own_the_nearest_time_above_counts() {
        let roots = roots(&["mg/img/namespaces/a/core/pods.yaml"], &[("", EARLY), ("mg", LATE)]);
        assert_eq!(roots.taken("mg/img"), Some(LATE_UNIX));
        assert_eq!(roots.taken("other"), Some(EARLY_UNIX));
    }

    #[test]
    fn several_roots_have_the_newest_of_their_times() {
        let paths = ["mg/b/namespaces/a/a.yaml", "mg/a/namespaces/a/a.yaml", "mg/timestamp"];
        let roots = roots(&paths, &[("mg/a", EARLY), ("mg/b", LATE)]);
        assert_eq!(roots.iter().collect::<Vec<_>>(), ["mg/a", "mg/b"]);
        assert_eq!(roots.newest(), Some(LATE_UNIX));
    }

    #[test]
    fn no_timestamp_is_no_time() {
        assert_eq!(roots(&["namespaces/a/a.yaml"], &[("x", EARLY), ("", "garbage")]).newest(), None);
    }
}
