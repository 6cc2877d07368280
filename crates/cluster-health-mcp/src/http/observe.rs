//! One id, one log line and one count for every request.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::message::Call;
use super::metadata;
use super::trace::TraceContext;
use crate::metrics::Metrics;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 128;

/// Names one request in the answer's header and in every log line about it.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's id where it is plain and short, since it then joins their logs with ours; else a new one.
    fn of(request: &Request) -> Self {
        let given = request.headers().get(X_REQUEST_ID).filter(|value| is_plain(value.as_bytes()));
        Self(given.cloned().unwrap_or_else(fresh))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

pub(super) async fn observe(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    let endpoint = endpoint_of(request.uri().path());
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());

    let trace = TraceContext::of(request.headers());
    let span =
        tracing::info_span!("request", request_id = id.as_str(), trace_id = trace.as_ref().map(TraceContext::trace_id));
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;

    let status = response.status().as_u16();
    metrics.request(endpoint, status);
    span.in_scope(|| {
        let call = response.extensions().get::<Call>().cloned().unwrap_or_default();
        let took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let Call { method: rpc, name } = call;
        match endpoint {
            // A flood is for the metrics; the audit log has some of it
            "mcp" if !matches!(status, 401 | 429) => tracing::info!(status, took_us, %method, rpc, name, "request"),
            // Probes and scrapes come every few seconds
            _ => tracing::debug!(status, took_us, %method, endpoint, "request"),
        }
    });
    response.headers_mut().insert(X_REQUEST_ID, id.0);
    response
}

fn endpoint_of(path: &str) -> &'static str {
    match path {
        "/" | "/mcp" | "/mcp/" => "mcp",
        "/livez" => "livez",
        "/readyz" => "readyz",
        "/health" => "health",
        "/metrics" => "metrics",
        path if metadata::PATHS.contains(&path) => "metadata",
        _ => "unknown",
    }
}

fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(plain)
}

/// Unique enough to find a request in the logs of many replicas; it protects nothing.
fn fresh() -> HeaderValue {
    static PROCESS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:016x}", PROCESS.hash_one(count));
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_are_kept_and_others_replaced() {
        assert!(is_plain(b"0af7651916cd43dd8448eb211c80319c"));
        for id in [&b""[..], b"a b", b"a\"b", "\u{e9}".as_bytes(), &[b'a'; 129]] {
            assert!(!is_plain(id), "{id:?}");
        }
        assert_ne!(fresh(), fresh());
    }
}
