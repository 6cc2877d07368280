//! A suite's release file: what the indices' digests are, and until when it may be believed.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::control::Paragraph;
use crate::digest::Digest;

/// One line of `SHA256:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    pub path: String,
    pub size: u64,
    pub sha256: Digest,
}

#[derive(Debug, Clone)]
pub struct Release(Paragraph);

impl Release {
    pub fn parse(text: &str) -> Self {
        Self(Paragraph::new(text))
    }

    /// Suites are asked for by codename; the name `stable` moves.
    pub fn codename(&self) -> &str {
        self.0.get("Codename").unwrap_or_default()
    }

    pub fn date(&self) -> Option<Timestamp> {
        time(self.0.get("Date")?)
    }

    /// A mirror that stands still cannot hide updates for longer.
    pub fn valid_until(&self) -> Option<Timestamp> {
        time(self.0.get("Valid-Until")?)
    }

    pub fn by_hash(&self) -> bool {
        self.0.get("Acquire-By-Hash") == Some("yes")
    }

    pub fn index(&self, path: &str) -> Option<IndexFile> {
        self.0.lines("SHA256").find_map(|line| {
            let mut words = line.split_whitespace();
            let (sha256, size, name) = (words.next()?, words.next()?, words.next()?);
            (name == path).then_some(())?;
            Some(IndexFile { path: path.to_owned(), size: size.parse().ok()?, sha256: sha256.parse().ok()? })
        })
    }
}

/// Debian writes `UTC` where the mail format has an offset.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.replace("UTC", "+0000");
    DateTimeParser::new().parse_timestamp(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_indices_are_read() {
        let digest = Digest::of(b"x");
        let release = Release::parse(&format!(
            "Codename: trixie-security\nDate: Tue, 24 Nov 2026 00:34:34 UTC\nValid-Until: Tue, 01 Dec 2026 00:34:34 UTC\n\
             Acquire-By-Hash: yes\nMD5Sum:\n 00 1 main/binary-amd64/Packages.xz\nSHA256:\n {digest}   12 main/binary-amd64/Packages.xz\n"
        ));
        assert_eq!(release.codename(), "trixie-security");
        assert_eq!(release.date().unwrap().to_string(), "2026-11-24T00:34:34Z");
        assert_eq!(release.valid_until().unwrap().to_string(), "2026-12-01T00:34:34Z");
        assert!(release.by_hash());
        let index = release.index("main/binary-amd64/Packages.xz").unwrap();
        assert_eq!((index.size, index.sha256), (12, digest));
        assert_eq!(release.index("main/binary-arm64/Packages.xz"), None);
    }
}
