//! The one shape of a refusal: a JSON-RPC error, which MCP clients can read, with a fitting HTTP status.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{Response as HttpResponse, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::outgoing;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Debug, Clone, Copy)]
pub(super) enum Code {
    Parse = -32700,
    InvalidRequest = -32600,
    Internal = -32603,
}

#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: Code,
    message: String,
    id: Option<Box<RawValue>>,
    header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Serialize)]
struct Wire<'a> {
    jsonrpc: &'static str,
    // Left out, not null, when the request's own id could not be read
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: WireError<'a>,
}

#[derive(Serialize)]
struct WireError<'a> {
    code: i32,
    message: &'a str,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), id: None, header: None }
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// In whole seconds, at least one.
    pub(super) fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(super) fn answering(mut self, id: Option<Box<RawValue>>) -> Self {
        self.id = id;
        self
    }
}

impl From<Refused> for Response {
    fn from(refused: Refused) -> Self {
        let message = outgoing::text(refused.message);
        let wire = Wire {
            jsonrpc: "2.0",
            id: refused.id.as_deref(),
            error: WireError { code: refused.code as i32, message: &message },
        };
        let mut response = json(refused.status, &wire);
        if let Some((name, value)) = refused.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Nothing we serialise has a key that is not a string, which is all that can fail
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = HttpResponse::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A panic costs its own request and nothing else.
pub(super) async fn after_panic(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("request failed: the server panicked while answering it");
            Refused::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "internal error; see the server's log")
                .into()
        }
    }
}
