//! The body of an MCP request, before the protocol library sees it: its size, its time, and whether it is one
//! JSON-RPC message at all. What is wrong is answered as JSON-RPC, since that is what clients can show.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::refuse::{Code, Refused, json};
use super::repeats::Repeats;
use crate::args::duration;
use crate::metrics::Metrics;

/// No call of ours needs a fraction of it.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
/// A handler that refuses at the deadline says more than we could, so it is given the time to say it.
const GRACE: Duration = Duration::from_millis(250);
/// More of a library's error text helps nobody.
const LONGEST_REASON: usize = 300;

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) body: usize,
    pub(super) time: Duration,
}

/// What every message meets.
#[derive(Debug, Clone)]
pub(super) struct Messages {
    pub(super) limits: Limits,
    pub(super) repeats: Repeats,
    pub(super) metrics: Metrics,
}

/// What was asked, for the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    pub(super) method: Option<String>,
    pub(super) name: Option<String>,
}

/// As much of a message as has to be understood here.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Envelope<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    uri: Option<Cow<'a, str>>,
}

pub(super) async fn check(State(messages): State<Messages>, request: Request, next: Next) -> Response {
    let limits = messages.limits;
    if request.method() != Method::POST {
        return only_post();
    }
    let (mut parts, body) = request.into_parts();
    let read = match read(&parts, body, limits).await {
        Ok(read) => read,
        Err(refused) => return refused.into(),
    };
    widen_accept(&mut parts.headers);
    let Understood { call, id, place } = match understand(&read) {
        Ok(understood) => understood,
        Err(refused) => return refused.into(),
    };
    let (method, name) = (call.method.as_deref(), call.name.as_deref());
    let asked = messages.repeats.asked(&read, &parts.headers, method, name, place);
    if let Some(mut response) = asked.as_ref().and_then(|asked| asked.repeat(&messages.metrics)) {
        response.extensions_mut().insert(call);
        return response;
    }
    let request = Request::from_parts(parts, Body::from(read));
    let mut response = match tokio::time::timeout(limits.time + GRACE, next.run(request)).await {
        Ok(response) => {
            let response = as_json(response, id).await;
            match asked {
                Some(asked) => asked.keep(response).await,
                None => response,
            }
        }
        Err(_) => {
            let reason = format!("no answer within {} (REQUEST_TIMEOUT)", duration::display(limits.time));
            tracing::warn!(rpc = call.method, name = call.name, "request abandoned: {reason}");
            Refused::new(StatusCode::GATEWAY_TIMEOUT, Code::Internal, reason).answering(id).into()
        }
    };
    response.extensions_mut().insert(call);
    response
}

fn only_post() -> Response {
    #[derive(serde::Serialize)]
    struct Hint {
        error: &'static str,
    }
    let hint = Hint { error: "this is an MCP endpoint: POST one JSON-RPC message here" };
    let mut response = json(StatusCode::METHOD_NOT_ALLOWED, &hint);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn read(parts: &Parts, body: Body, limits: Limits) -> Result<axum::body::Bytes, Refused> {
    // Also keeps web pages from posting without a preflight, which plain text and forms would allow
    if !is_json(&parts.headers) {
        let message = "the body has to be declared as Content-Type: application/json";
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidRequest, message));
    }
    let collected = tokio::time::timeout(limits.time, Limited::new(body, limits.body).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("the body is larger than {} bytes", limits.body);
            Err(Refused::new(StatusCode::PAYLOAD_TOO_LARGE, Code::InvalidRequest, message))
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "body could not be read");
            Err(Refused::new(StatusCode::BAD_REQUEST, Code::InvalidRequest, "the body ended early"))
        }
        Err(_) => {
            let message = format!("the body did not arrive within {}", duration::display(limits.time));
            Err(Refused::new(StatusCode::REQUEST_TIMEOUT, Code::InvalidRequest, message))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The protocol wants both media types named. A client that takes anything, says nothing or names only one of them
/// is served all the same.
fn widen_accept(headers: &mut HeaderMap) {
    let both = HeaderValue::from_static("application/json, text/event-stream");
    let refused_only = headers.contains_key(ACCEPT)
        && !headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| {
            let value = value.to_ascii_lowercase();
            ["*/*", "application/*", "application/json", "text/event-stream"].iter().any(|kind| value.contains(kind))
        });
    if !refused_only {
        headers.insert(ACCEPT, both);
    }
}

struct Understood {
    call: Call,
    id: Option<Box<RawValue>>,
    /// Of the id in the body.
    place: Option<Range<usize>>,
}

fn understand(body: &[u8]) -> Result<Understood, Refused> {
    let bad = |code, message: String| Refused::new(StatusCode::BAD_REQUEST, code, message);
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(bad(Code::InvalidRequest, "batches are not part of MCP: send one message per request".to_owned()));
    }
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            bad(Code::InvalidRequest, format!("the body is not a JSON-RPC message: {error}"))
        }
        _ => bad(Code::Parse, format!("the body is not JSON: {error}")),
    })?;
    let named: Option<Named<'_>> = envelope.params.and_then(|params| serde_json::from_str(params.get()).ok());
    let call = Call {
        method: envelope.method.map(|method| shorten(&method)),
        name: named.and_then(|named| named.name.or(named.uri)).map(|name| shorten(&name)),
    };
    // A notification has no id, and an id of null is none
    let id = envelope.id.filter(|id| id.get() != "null");
    let place = id.map(|id| {
        let start = id.get().as_ptr() as usize - body.as_ptr() as usize;
        start..start + id.get().len()
    });
    Ok(Understood { call, id: id.map(ToOwned::to_owned), place })
}

/// The library says some things in plain text; clients expect JSON-RPC.
async fn as_json(response: Response, id: Option<Box<RawValue>>) -> Response {
    let status = response.status();
    let typed = response.headers().contains_key(CONTENT_TYPE);
    if typed || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let text = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let text = shorten(&String::from_utf8_lossy(&text));
    let refused = match status {
        // Its word for JSON that is not a message it knows
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let message = format!("the body is not a message of the protocol: {text}");
            Refused::new(StatusCode::BAD_REQUEST, Code::InvalidRequest, message)
        }
        _ if status.is_server_error() => {
            tracing::error!(reason = text, "request failed inside the protocol library");
            Refused::new(status, Code::Internal, "internal error; see the server's log")
        }
        _ => Refused::new(status, Code::InvalidRequest, text),
    };
    refused.answering(id).into()
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
}
