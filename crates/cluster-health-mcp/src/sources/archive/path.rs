//! Paths inside an archive: relative, with `/` between plain components, or refused with the reason. Nothing is ever
//! written, yet a path that tries to leave the archive says that somebody tampered with it.

use super::limits::Limits;
use super::problems::Reason;

/// Brings a path to the one form later layers see: no `./`, no doubled or trailing slashes.
pub(super) fn clean(raw: &[u8], limits: &Limits) -> Result<String, Reason> {
    if raw.len() > limits.path_bytes {
        return Err(Reason::LongPath);
    }
    let text = std::str::from_utf8(raw).map_err(|_| Reason::UnreadablePath)?;
    if text.starts_with('/') || has_drive(text) || text.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(Reason::UnsafePath);
    }
    let mut path = String::with_capacity(text.len());
    let mut depth = 0;
    for component in text.split('/').filter(|c| !c.is_empty() && *c != ".") {
        if component == ".." {
            return Err(Reason::UnsafePath);
        }
        if depth > 0 {
            path.push('/');
        }
        path.push_str(component);
        depth += 1;
    }
    match depth {
        // `./` is the archive itself, and no file.
        0 => Err(Reason::UnsafePath),
        _ if depth > limits.path_depth => Err(Reason::LongPath),
        _ => Ok(path),
    }
}

/// `C:…`, which Windows resolves outside of the folder. A colon elsewhere is usual: `system:node.yaml`.
fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(path: &str) -> Result<String, Reason> {
        clean(path.as_bytes(), &Limits::default())
    }

    #[test]
    fn usual_paths_take_one_form() {
        assert_eq!(cleaned("./a//b/./c.yaml"), Ok("a/b/c.yaml".into()));
        assert_eq!(cleaned("a/"), Ok("a".into()));
        assert_eq!(cleaned("a/system:node.yaml"), Ok("a/system:node.yaml".into()));
        assert_eq!(cleaned("a/..b/c..d"), Ok("a/..b/c..d".into()));
    }

    #[test]
    fn paths_that_leave_the_archive_are_refused() {
        for path in
            ["/etc/passwd", "..", "a/../b", "./..", "C:/x", "c:x", "a\\b", "\\\\host\\x", "a\0b", "a\nb", "", "./."]
        {
            assert_eq!(cleaned(path), Err(Reason::UnsafePath), "{path:?}");
        }
        assert_eq!(clean(&[b'a', 0xff], &Limits::default()), Err(Reason::UnreadablePath));
    }

    #[test]
    fn long_and_deep_paths_are_refused() {
        assert_eq!(cleaned(&"a/".repeat(33)), Err(Reason::LongPath));
        assert_eq!(cleaned(&"a".repeat(4097)), Err(Reason::LongPath));
    }

    proptest! {
        #[test]
        fn whatever_passes_is_plain(raw in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(path) = clean(&raw, &Limits::default()) {
                prop_assert!(!path.starts_with('/') && !path.ends_with('/') && !path.contains('\\'));
                prop_assert!(path.split('/').all(|c| !matches!(c, "" | "." | "..")));
            }
        }
    }
}
