//! The body of an MCP request, before the protocol library sees it: its size, its time, and whether it is one
//! JSON-RPC message at all. What is wrong is answered as JSON-RPC, since that is what clients can show.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::connections::Peer;
use super::limits::Turn;
use super::observe::RequestId;
use super::refuse::{Code, Refused, json};
use super::repeats::{Asker, Repeats};
use super::trace::TraceContext;
use crate::args::duration;
use crate::audit::{self, Audit, Line, Trail};
use crate::callers::Caller;
use crate::metrics::{Metrics, Outcome};
use crate::spans;

/// No call of ours needs a fraction of it.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
/// Calls are smaller than this; larger bodies share a few places, so that what is held in memory stays bounded.
const SMALL_BODY: u64 = 16 * 1024;
const LARGE_BODIES: usize = 16;
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
    pub(super) audit: Audit,
    pub(super) bodies: Arc<Semaphore>,
}

pub(super) fn bodies() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LARGE_BODIES))
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
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    traceparent: Option<Cow<'a, str>>,
}

pub(super) async fn check(State(messages): State<Messages>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return only_post();
    }
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let read = match messages.read(&parts, body).await {
        Ok(read) => read,
        Err(refused) => return refused.into(),
    };
    widen_accept(&mut parts.headers);
    let Understood { call, id, place, written } = match understand(&read, messages.audit.is_on()) {
        Ok(understood) => understood,
        Err(refused) => return refused.into(),
    };
    if let Some(turn) = parts.extensions.get::<Turn>().filter(|_| call.method.as_deref() == Some(LISTEN))
        && let Err(refused) = turn.becomes_stream()
    {
        return refused.answering(id).into();
    }
    let trail = Trail::default();
    parts.extensions.insert(trail.clone());
    let witness = Witness::of(&parts, written, id.as_deref());
    let asked = Asked { read, call: &call, id, place };
    let mut response = messages.answer(parts, asked, next).await;
    witness.write(&messages.audit, &call, &trail, response.status(), started);
    response.extensions_mut().insert(call);
    response
}

/// A message that was read and is to be answered.
struct Asked<'a> {
    read: axum::body::Bytes,
    call: &'a Call,
    id: Option<Box<RawValue>>,
    place: Option<Range<usize>>,
}

impl Messages {
    async fn answer(&self, parts: Parts, Asked { read, call, id, place }: Asked<'_>, next: Next) -> Response {
        let time = self.limits.time;
        let (method, name) = (call.method.as_deref(), call.name.as_deref());
        let asker = Asker { headers: &parts.headers, caller: parts.extensions.get::<Caller>() };
        let asked = self.repeats.asked(&read, asker, method, name, place);
        if let Some(response) = asked.as_ref().and_then(|asked| asked.repeat(&self.metrics)) {
            if let Some(trail) = parts.extensions.get::<Trail>() {
                trail.ended(Outcome::Answered);
            }
            return response;
        }
        let request = Request::from_parts(parts, Body::from(read));
        match tokio::time::timeout(time + GRACE, next.run(request)).await {
            Ok(response) => {
                let response = as_json(response, id).await;
                match asked {
                    Some(asked) => asked.keep(response).await,
                    None => response,
                }
            }
            Err(_) => {
                let reason = format!("no answer within {} (REQUEST_TIMEOUT)", duration::display(time));
                tracing::warn!(rpc = call.method, name = call.name, "request abandoned: {reason}");
                Refused::new(StatusCode::GATEWAY_TIMEOUT, Code::Internal, reason).answering(id).into()
            }
        }
    }

    async fn read(&self, parts: &Parts, body: Body) -> Result<axum::body::Bytes, Refused> {
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.limits.body as u64) {
            return Err(too_large(self.limits));
        }
        // Whoever does not say how much is coming may send a lot
        let small = length.is_some_and(|length| length <= SMALL_BODY);
        let _place =
            if small { None } else { Some(tokio::time::timeout(self.limits.time, self.bodies.acquire()).await) };
        read(parts, body, self.limits).await
    }
}

/// What the audit log says of a request, collected before the request is given away.
struct Witness {
    caller: Option<Caller>,
    peer: Option<Peer>,
    request: Option<RequestId>,
    /// Of the request, which may hold a message of another trace.
    request_trace: Option<TraceContext>,
    message_trace: Option<TraceContext>,
    arguments: Option<String>,
    id: Option<String>,
    protocol_version: Option<String>,
}

/// What is asked without asking about the cluster is not worth a line.
const WITNESSED: [&str; 6] =
    ["tools/call", "resources/read", "resources/subscribe", "completion/complete", "prompts/get", LISTEN];
const LISTEN: &str = "subscriptions/listen";

impl Witness {
    fn of(parts: &Parts, written: Written, id: Option<&RawValue>) -> Self {
        let extensions = &parts.extensions;
        let version = parts.headers.get("mcp-protocol-version").and_then(|version| version.to_str().ok());
        Self {
            caller: extensions.get().cloned(),
            peer: extensions.get().cloned(),
            request: extensions.get().cloned(),
            request_trace: TraceContext::of(&parts.headers),
            message_trace: written.trace,
            arguments: written.arguments,
            id: id.map(|id| shorten(id.get().trim_matches('"'))),
            protocol_version: version.map(shorten),
        }
    }

    fn write(self, audit: &Audit, call: &Call, trail: &Trail, status: StatusCode, started: Instant) {
        let Some(method) = call.method.as_deref().filter(|method| WITNESSED.contains(method)) else { return };
        if !audit.is_on() {
            return;
        }
        let line = self.caller.as_ref().map(Line::by).unwrap_or_default();
        let name = call.name.as_deref().map(audit::redacted);
        let outcome = trail.outcome(status.is_success());
        let took = started.elapsed();
        if let Some(spans) = audit.spans() {
            let call = spans::Call {
                message_trace: self.message_trace.clone(),
                request_trace: self.request_trace.clone(),
                method,
                name: name.as_deref(),
                name_is_known: trail.is_of_a_tool(),
                arguments: self.arguments.as_deref(),
                id: self.id.as_deref(),
                protocol_version: self.protocol_version.as_deref(),
                request_id: self.request.as_ref().map(RequestId::as_str),
                from: self.peer.as_ref().map(Peer::address),
                who: line.who,
                outcome,
                status: status.as_u16(),
            };
            let now = SystemTime::now();
            spans.record(call, now.checked_sub(took).unwrap_or(now), now);
        }
        audit.write(&Line {
            event: "call",
            from: self.peer.as_ref().map(Peer::address),
            request_id: self.request.as_ref().map(RequestId::as_str),
            trace_id: self.message_trace.as_ref().or(self.request_trace.as_ref()).map(TraceContext::trace_id),
            method: Some(method),
            name: name.as_deref(),
            arguments: self.arguments,
            outcome,
            status: Some(status.as_u16()),
            took_us: Some(audit::micros(took)),
            ..line
        });
    }
}

fn too_large(limits: Limits) -> Refused {
    let message = format!("the body is larger than {} bytes", limits.body);
    Refused::new(StatusCode::PAYLOAD_TOO_LARGE, Code::InvalidRequest, message)
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
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limits)),
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
    written: Written,
}

/// What only the audit log wants.
#[derive(Default)]
struct Written {
    trace: Option<TraceContext>,
    arguments: Option<String>,
}

fn understand(body: &[u8], audited: bool) -> Result<Understood, Refused> {
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
    let written = named.as_ref().filter(|_| audited).map(Named::written).unwrap_or_default();
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
    Ok(Understood { call, id: id.map(ToOwned::to_owned), place, written })
}

impl Named<'_> {
    fn written(&self) -> Written {
        let trace = self.meta.as_ref().and_then(|meta| TraceContext::parse(meta.traceparent.as_ref()?));
        Written { trace, arguments: self.arguments.map(|arguments| audit::redacted(arguments.get())) }
    }
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
