//! What can go wrong between this server and the API, told apart by what is to be done about it.

use std::time::Duration;

use cluster_health::untrusted;

use crate::args::duration::display;

/// How much of somebody else's words is kept.
const WORDS: usize = 160;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// No connection, or it broke. Wait, then try again.
    #[error("{0}")]
    Unreachable(String),
    #[error("no answer within {}", display(*.0))]
    TimedOut(Duration),
    /// A watch was taken, and then neither told anything nor ended.
    #[error("watches are taken and then nothing is told")]
    Silent,
    /// The caller's identity was not accepted: read it anew, then try again.
    #[error("the API server does not accept the credentials ({0})")]
    Credentials(String),
    /// What was asked for is too old to be told: list again.
    #[error("the watch is too old to go on")]
    Expired,
    #[error("forbidden")]
    Forbidden,
    #[error("not served by this cluster")]
    NotServed,
    /// The server cannot stream a list: ask for pages.
    #[error("lists cannot be streamed")]
    NoStreaming,
    /// Any other refusal. Wait, as long as the server says if it does, then try again.
    #[error("the API server answers {code} {words}")]
    Refused { code: u16, words: String, retry_after: Option<Duration> },
    /// What came is not what was asked for: cut off, not JSON, no end.
    #[error("the API server's answer cannot be read: {0}")]
    Garbled(String),
    /// Not the API server, but whom alerts are asked for.
    #[error("{0}")]
    Monitoring(String),
}

impl Failure {
    pub(super) fn garbled(what: impl std::fmt::Display) -> Self {
        Self::Garbled(untrusted::clean(&what.to_string(), WORDS))
    }

    /// Of an answer with an error's status. `body` is the API's own description of it, or a proxy's page.
    pub(super) fn of_answer(code: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Status {
            message: String,
            reason: String,
        }
        let status: Status = serde_json::from_slice(body).unwrap_or_default();
        let words = if status.message.is_empty() { String::from_utf8_lossy(body) } else { status.message.into() };
        let words = untrusted::clean(&words, WORDS);
        match code {
            401 => Self::Credentials(words),
            403 => Self::Forbidden,
            410 => Self::Expired,
            // Too large a resource version: the server was restored from a backup and counts from an earlier one
            504 if status.reason == "Timeout" && words.contains("Too large resource version") => Self::Expired,
            _ => Self::Refused { code, words, retry_after },
        }
    }

    /// Whether fresh credentials or certificates might help.
    pub(super) fn is_about_identity(&self) -> bool {
        match self {
            Self::Credentials(_) => true,
            Self::Unreachable(words) => ["certificate", "tls", "alert"].iter().any(|word| words.contains(word)),
            _ => false,
        }
    }

    /// Whether nobody at all was there to answer.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut(_))
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Auth(error) => Self::Credentials(deepest(&error)),
            other => Self::Unreachable(deepest(&other)),
        }
    }
}

/// The last cause says what happened; those above it say which layer it passed.
pub(super) fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or(&words);
    untrusted::clean(&words.to_lowercase(), WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_by_what_is_to_be_done() {
        let body = br#"{"kind":"Status","message":"too old resource version","reason":"Expired","code":410}"#;
        assert_eq!(Failure::of_answer(410, body, None), Failure::Expired);
        assert_eq!(Failure::of_answer(403, b"no", None), Failure::Forbidden);
        assert!(matches!(Failure::of_answer(401, b"", None), Failure::Credentials(_)));
        let busy = Failure::of_answer(429, b"<html>slow\ndown</html>", Some(Duration::from_secs(3)));
        assert_eq!(busy.to_string(), "the API server answers 429 ‹html›slow down‹/html›");
        let body = br#"{"message":"Timeout: Too large resource version: 9, current: 5","reason":"Timeout"}"#;
        assert_eq!(Failure::of_answer(504, body, None), Failure::Expired);
    }

    #[test]
    fn the_cause_is_named_without_its_layers() {
        let refused = std::io::Error::from_raw_os_error(111);
        let error = kube::Error::Service(Box::new(kube::Error::Service(Box::new(refused))));
        assert_eq!(Failure::from(error), Failure::Unreachable("connection refused".to_owned()));
    }
}
