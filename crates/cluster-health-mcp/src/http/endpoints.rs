//! What is not MCP: probes for Kubernetes, metrics for Prometheus, and a hint for whoever is lost.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Response as HttpResponse, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;

use super::refuse::json;
use crate::metrics::Metrics;
use crate::outgoing;
use crate::readiness::Readiness;

const ENDPOINTS: [&str; 5] = ["/mcp", "/livez", "/readyz", "/health", "/metrics"];

#[derive(Serialize)]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    awaiting: Vec<String>,
}

#[derive(Serialize)]
struct Lost {
    error: String,
    endpoints: [&'static str; 5],
}

/// Alive is all that can be said from here: a server that waits for its source must not be restarted for it.
pub(super) async fn livez() -> Response {
    json(StatusCode::OK, &Status { status: "ok", awaiting: Vec::new() })
}

pub(super) async fn readyz(State(readiness): State<Readiness>) -> Response {
    let awaiting = readiness.awaited();
    match awaiting.is_empty() {
        true => json(StatusCode::OK, &Status { status: "ok", awaiting }),
        false => json(StatusCode::SERVICE_UNAVAILABLE, &Status { status: "not ready", awaiting }),
    }
}

pub(super) async fn metrics(State(metrics): State<Metrics>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match metrics.scrape(accept) {
        Ok(exposition) => {
            let mut response = HttpResponse::new(Body::from(exposition.body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(exposition.content_type));
            response
        }
        Err(error) => {
            tracing::error!(%error, "metrics could not be rendered");
            lost(StatusCode::INTERNAL_SERVER_ERROR, "metrics could not be rendered".to_owned())
        }
    }
}

pub(super) async fn unknown(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(100).collect();
    lost(StatusCode::NOT_FOUND, format!("nothing is served at {path}"))
}

pub(super) async fn wrong_method(uri: Uri) -> Response {
    lost(StatusCode::METHOD_NOT_ALLOWED, format!("{} answers GET", uri.path()))
}

fn lost(status: StatusCode, error: String) -> Response {
    json(status, &Lost { error: outgoing::text(error), endpoints: ENDPOINTS })
}
