//! Which packaged files are meant: `usr/share/man` with what is in it, `usr/share/doc/*/copyright`.

/// `*` stands for any part of one path component. A folder means what is in it too; with a slash at its end, only that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self(text.trim_start_matches('/').to_owned())
    }

    pub fn all(texts: &[String]) -> Vec<Self> {
        texts.iter().map(|text| Self::new(text)).collect()
    }

    pub fn any(patterns: &[Self], path: &str) -> bool {
        patterns.iter().any(|pattern| pattern.matches(path))
    }

    pub fn matches(&self, path: &str) -> bool {
        let (pattern, below) = match self.0.strip_suffix('/') {
            Some(folder) => (folder, true),
            None => (self.0.as_str(), false),
        };
        let mut parts = path.trim_matches('/').split('/');
        let whole = pattern.split('/').all(|wanted| parts.next().is_some_and(|part| part_matches(wanted, part)));
        whole && (!below || parts.next().is_some())
    }
}

fn part_matches(wanted: &str, part: &str) -> bool {
    match wanted.split_once('*') {
        None => wanted == part,
        Some((start, rest)) => part
            .strip_prefix(start)
            .is_some_and(|left| (0..=left.len()).any(|at| left.get(at..).is_some_and(|end| part_matches(rest, end)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_in_their_component_and_folders_mean_what_is_below() {
        for (pattern, path, expected) in [
            ("usr/bin/", "usr/bin/busybox", true),
            ("usr/bin/", "usr/bin", false),
            ("usr/bin/", "usr/binary/x", false),
            ("/usr/share/doc/*/copyright", "usr/share/doc/tzdata/copyright", true),
            ("usr/share/doc/*/copyright", "usr/share/doc/a/b/copyright", false),
            ("usr/share/man", "usr/share/man", true),
            ("usr/share/man", "usr/share/man/man1/ls.1.gz", true),
            ("usr/share/man", "usr/share/manual", false),
            ("etc/issue", "etc/issue.net", false),
            ("etc/issue*", "etc/issue.net", true),
            ("etc/*.d/", "etc/profile.d/x.sh", true),
            ("lib/ä*", "lib/äö", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(path), expected, "{pattern} {path}");
        }
    }
}
