//! Why a service did not answer, in words for people who have to mend it.

use std::time::Duration;

use cluster_health::untrusted;

use crate::args::duration::display;

/// How much of somebody else's words is kept.
const WORDS: usize = 120;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Away {
    #[error("{service} cannot be reached: {reason}")]
    Unreachable { service: &'static str, reason: String },
    #[error("{service} did not answer within {}", display(*.within))]
    TimedOut { service: &'static str, within: Duration },
    #[error("{service} is not asked: its token (PROMETHEUS_TOKEN_FILE) cannot be read: {reason}")]
    Token { service: &'static str, reason: String },
    #[error("{service} does not accept this server's token")]
    Credentials { service: &'static str },
    #[error("{service} wants a token, and this server shows it none")]
    Tokenless { service: &'static str },
    #[error("{service} forbids it; this server's service account needs {needs}")]
    Forbidden { service: &'static str, needs: &'static str },
    #[error("{service} answers {code} (untrusted text): \"{words}\"")]
    Refused { service: &'static str, code: u16, words: String },
    /// More bytes than are read, or more series than can be told apart in one answer.
    #[error("{service}'s answer is larger than {limit}; ask about less, for example one namespace")]
    TooLarge { service: &'static str, limit: String },
    #[error("{service} answered something else than its API does: {reason}")]
    Garbled { service: &'static str, reason: String },
    /// Asked too recently in vain.
    #[error("{service} has not answered {failures} times in a row and is left alone for another {}; last: {last}", display(*.pause))]
    Resting { service: &'static str, failures: u32, pause: Duration, last: String },
}

impl Away {
    pub(super) fn garbled(service: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Garbled { service, reason: untrusted::clean(&reason.to_string(), WORDS) }
    }

    pub(super) fn unreachable(service: &'static str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut error = error;
        while let Some(source) = error.source() {
            error = source;
        }
        let words = error.to_string();
        let words = words.split(" (os error").next().unwrap_or(&words);
        Self::Unreachable { service, reason: untrusted::clean(&words.to_lowercase(), WORDS) }
    }

    pub(super) fn of_status(service: &'static str, needs: &'static str, code: u16, body: &[u8]) -> Self {
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Body {
            error: String,
        }
        match code {
            401 => Self::Credentials { service },
            403 => Self::Forbidden { service, needs },
            _ => {
                let said: Body = serde_json::from_slice(body).unwrap_or_default();
                let words = if said.error.is_empty() { String::from_utf8_lossy(body) } else { said.error.into() };
                Self::Refused { service, code, words: untrusted::clean(&words, WORDS) }
            }
        }
    }

    /// The service itself is in trouble, rather than the question.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Refused { code, .. } => *code >= 500 && *code != 501,
            _ => false,
        }
    }

    /// The question may have arrived, and what came of it is not known.
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::TooLarge { .. } | Self::Garbled { .. } => true,
            // A proxy's word, not the service's
            Self::Refused { code, .. } => matches!(code, 502..=504),
            _ => false,
        }
    }

    /// The service has no such thing.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }

    /// A second try may find it well: the connection broke, or a proxy had nobody to ask.
    pub(super) fn is_momentary(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { code, .. } => matches!(code, 502..=504),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_by_who_is_in_trouble() {
        let of = |code, body: &[u8]| Away::of_status("Prometheus", "a role", code, body);
        assert!(of(403, b"").to_string().ends_with("needs a role"));
        let bad = of(422, br#"{"status":"error","error":"query timed out <b>"}"#);
        assert_eq!(bad.to_string(), "Prometheus answers 422 (untrusted text): \"query timed out ‹b›\"");
        assert!(!bad.is_outage() && of(500, b"").is_outage() && of(503, b"").is_momentary());
        assert!(of(404, b"Workflow not found\n").is_unknown());
        assert!(of(504, b"").is_uncertain() && !of(500, b"").is_uncertain() && !of(400, b"").is_uncertain());
    }
}
