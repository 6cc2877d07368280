//! What is to be broken: which requests, how often, and how.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Bytes;

/// A request, as far as rules look at it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub watch: bool,
}

impl Asked {
    pub fn new(method: &str, uri: &hyper::Uri) -> Self {
        let watch =
            uri.query().is_some_and(|query| query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1")));
        Self { method: method.to_owned(), path: uri.path().to_owned(), watch }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.watch { "WATCH" } else { &self.method }, self.path)
    }
}

/// Which requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Everything,
    Watches,
    /// Everything that is no watch.
    Reads,
    /// Watches of one plural.
    WatchesOf(&'static str),
    /// Everything about one plural.
    Plural(&'static str),
}

impl On {
    fn fits(self, asked: &Asked) -> bool {
        let plural = asked.path.rsplit('/').next().unwrap_or_default();
        match self {
            On::Everything => true,
            On::Watches => asked.watch,
            On::Reads => !asked.watch,
            On::WatchesOf(wanted) => asked.watch && plural == wanted,
            On::Plural(wanted) => plural == wanted,
        }
    }
}

#[derive(Debug, Clone)]
pub enum Action {
    /// Wait before passing the request on.
    Delay(Duration),
    /// Answer in place of the API.
    Answer { status: u16, retry_after: Option<u32>, body: &'static str },
    /// Keep the request, and never answer.
    Never,
    /// Answer with status 200, and then say nothing.
    Silence,
    /// Reset the connection.
    Reset,
    /// Pass on so many bytes of the body, then cut.
    Cut(usize, Cut),
    /// Pass the body on in pieces of so many bytes, with pauses.
    Trickle(usize, Duration),
    /// Rewrite the whole body.
    Rewrite(fn(Bytes) -> Bytes),
    /// Put other lines in the place of each line a watch says.
    Edit(fn(&[u8]) -> Vec<Bytes>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Close without the end that HTTP asks for.
    Close,
    Reset,
    /// Say nothing any more, and keep the connection.
    Silence,
    /// End the body as HTTP asks for, in the middle of what it says.
    Finish,
}

#[derive(Debug)]
pub struct Rule {
    on: On,
    left: AtomicUsize,
    pub action: Action,
}

impl Rule {
    pub fn always(on: On, action: Action) -> Self {
        Self::times(usize::MAX, on, action)
    }

    /// Used up after so many requests, or lines for edits.
    pub fn times(times: usize, on: On, action: Action) -> Self {
        Self { on, left: AtomicUsize::new(times), action }
    }

    pub(super) fn fits(&self, asked: &Asked) -> bool {
        self.on.fits(asked)
    }

    pub(super) fn edits(&self) -> bool {
        matches!(self.action, Action::Edit(_))
    }

    /// False when used up.
    pub(super) fn take(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str) -> Asked {
        Asked::new("GET", &uri.parse().unwrap())
    }

    #[test]
    fn watches_are_told_from_lists() {
        assert!(asked("/api/v1/pods?watch=true&resourceVersion=1").watch);
        assert!(!asked("/api/v1/pods?limit=500").watch);
        assert!(On::WatchesOf("pods").fits(&asked("/api/v1/pods?&watch=true")));
        assert!(!On::WatchesOf("pods").fits(&asked("/api/v1/nodes?watch=true")));
        assert!(On::Reads.fits(&asked("/version")) && !On::Watches.fits(&asked("/version")));
        assert!(On::Plural("pods").fits(&asked("/api/v1/namespaces/a/pods")));
    }

    #[test]
    fn a_rule_is_used_up() {
        let rule = Rule::times(2, On::Everything, Action::Never);
        assert_eq!([rule.take(), rule.take(), rule.take()], [true, true, false]);
    }
}
