//! `Status` objects, as an API server explains refusals.

use serde_json::{Value, json};

use crate::resources::Resource;

#[derive(Debug)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) retry_after_seconds: Option<u32>,
}

impl Status {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), retry_after_seconds: None }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "NotFound", format!("{what} not found"))
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn forbidden(verb: &str, plural: &str, resource: &Resource, namespace: Option<&str>) -> Self {
        let place = namespace
            .map_or("at the cluster scope".to_owned(), |namespace| format!("in the namespace \"{namespace}\""));
        let message = format!(
            "{plural} is forbidden: User \"fake\" cannot {verb} resource \"{plural}\" in API group \"{}\" {place}",
            resource.group
        );
        Self::new(403, "Forbidden", message)
    }

    pub(super) fn expired() -> Self {
        Self::new(410, "Expired", "too old resource version: the requested version is no longer in the history")
    }

    pub(super) fn refusal(code: u16, retry_after_seconds: Option<u32>) -> Self {
        let reason = match code {
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => "InternalError",
        };
        Self { retry_after_seconds, ..Self::new(code, reason, "the fake was told to refuse this") }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
            "details": { "retryAfterSeconds": self.retry_after_seconds },
        })
    }
}
