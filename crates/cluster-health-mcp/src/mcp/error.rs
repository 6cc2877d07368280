//! What can go wrong in a tool or a resource, and the one place where it becomes MCP.
//!
//! Texts are for a model that is going to try again: what is wrong comes first, then what would be right, all within
//! the couple of hundred characters that clients keep.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::json;

use crate::args::duration;
use crate::metrics::Outcome;
use crate::outgoing;

/// What every client keeps of an error.
pub const KEPT: usize = 220;

#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("unknown argument `{argument}`; {accepted}")]
    UnknownArgument { argument: String, accepted: String },
    #[error("missing argument `{argument}`; it takes {accepted}")]
    MissingArgument { argument: String, accepted: String },
    #[error("argument `{argument}` is {given}; it takes {accepted}")]
    Argument { argument: String, given: String, accepted: String },
    /// What was asked about does not exist; `hint` names the call that finds what does.
    #[error("{what} was not found; {hint}")]
    NotFound { what: String, hint: String },
    /// The source cannot show it, so nothing can be said; that is no proof of absence.
    #[error("{what} cannot be answered: {reason}")]
    NotSeen { what: String, reason: &'static str },
    /// Another service is away, or has nothing on it. The reason is our own text.
    #[error("{what} cannot be told: {reason}")]
    Away { what: String, reason: String },
    /// Another service was to do something, and did not. The reason is our own text.
    #[error("{what} was not done: {reason}")]
    NotDone { what: String, reason: String },
    #[error("not ready yet, try again in a few seconds; waiting for: {}", awaiting.join(", "))]
    NotReady { awaiting: Vec<String> },
    #[error("no answer within {} (REQUEST_TIMEOUT); narrow the question, for example to one namespace",
            duration::display(*.0))]
    TooLong(Duration),
    #[error("remediation is switched off on this server (--enable-remediation)")]
    SwitchedOff,
    #[error("not allowed: {why} ({what})")]
    NotAllowed { what: String, why: String },
    /// Nothing was done yet: a person has to agree first. Whoever can ask one gives back the one, others the other.
    #[error(
        "NOT DONE YET: ask your user, and only if they agree call again with confirmation {by_model}; this {intent}"
    )]
    Unconfirmed { intent: String, by_model: String, by_person: String },
    #[error("internal error in the server; its log has the details")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ToolError {
    /// An argument that decodes but makes no sense, such as an unknown check id.
    pub fn argument(argument: &str, given: impl std::fmt::Debug, accepted: impl Into<String>) -> Self {
        Self::Argument { argument: argument.to_owned(), given: quoted(&given), accepted: accepted.into() }
    }

    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// A prompt is picked by a person, whose client shows an error of the protocol.
    pub(super) fn of_a_prompt(&self) -> ErrorData {
        told(match self.outcome() {
            Outcome::Refused => ErrorData::invalid_params(self.to_string(), None),
            _ => ErrorData::internal_error(self.to_string(), None),
        })
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::TooLong(_) | Self::Internal(_) => Outcome::Failed,
            _ => Outcome::Refused,
        }
    }
}

/// A failed call is a result that the model reads, not a protocol error that its client hides.
impl From<ToolError> for CallToolResult {
    fn from(error: ToolError) -> Self {
        Self::error(vec![ContentBlock::text(outgoing::text(error.to_string()))])
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    #[error("no such resource; {hint}")]
    NotFound { hint: String },
    #[error("not ready yet, try again in a few seconds; waiting for: {}", awaiting.join(", "))]
    NotReady { awaiting: Vec<String> },
    #[error("no answer within {} (REQUEST_TIMEOUT)", duration::display(*.0))]
    TooLong(Duration),
    #[error("internal error in the server; its log has the details")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ResourceError {
    /// Resources have no results that carry an error, so these are protocol errors.
    pub(super) fn at(self, uri: &str) -> ErrorData {
        let data = Some(json!({ "uri": uri }));
        told(match &self {
            Self::NotFound { .. } => ErrorData::resource_not_found(self.to_string(), data),
            _ => ErrorData::internal_error(self.to_string(), data),
        })
    }
}

/// A protocol error as it leaves: what it repeats of the request may hold a secret.
pub(super) fn told(mut error: ErrorData) -> ErrorData {
    error.message = outgoing::text(error.message.into_owned()).into();
    error.data.iter_mut().for_each(outgoing::structure);
    error
}

/// What was given, as the caller would write it, and short.
pub(super) fn quoted(given: &impl std::fmt::Debug) -> String {
    const LONGEST: usize = 60;
    let text = outgoing::text(format!("{given:?}"));
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_causes_are_not_told_to_callers() {
        let error = ToolError::internal("token sha256~secret was refused");
        assert!(!error.to_string().contains("secret"));
        assert_eq!(error.outcome(), Outcome::Failed);
    }

    #[test]
    fn what_was_given_is_cut() {
        let error = ToolError::argument("namespace", "x".repeat(500), "a namespace of the cluster");
        assert!(error.to_string().len() < KEPT, "{error}");
        assert!(error.to_string().contains("`namespace`"));
    }
}
