//! The network side: one router for MCP, probes and metrics, the same for the server and for the conformance fixture.
//!
//! It decides who may speak (host names, origins, sizes, times) and what shape a refusal has. It knows nothing of
//! clusters, and what a request means is the handler's business.

mod allow;
mod connections;
mod endpoints;
mod held;
mod identify;
mod limits;
mod listen;
mod message;
mod metadata;
mod observe;
mod refuse;
mod repeats;
mod stall;
mod tls;
mod trace;

use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use crate::audit::Audit;
use crate::callers::{Callers, Purpose};
use crate::metrics::Metrics;
use crate::readiness::Readiness;

pub use allow::{Allowed, BadEntry};
pub use listen::serve;
pub use metadata::Resource;
pub use observe::RequestId;
pub use repeats::Repeats;
pub use tls::{Tls, TlsError};
pub use trace::TraceContext;

/// What the router needs besides the handler.
#[derive(Debug, Clone)]
pub struct Config {
    pub allowed: Allowed,
    pub request_timeout: Duration,
    pub readiness: Readiness,
    pub metrics: Metrics,
    /// What may be answered again without asking.
    pub repeats: Repeats,
    pub guard: Guard,
    /// Ends every open stream when it is cancelled.
    pub stop: CancellationToken,
}

/// Who is let in, how much they may ask, and where it is written down.
#[derive(Debug, Clone)]
pub struct Guard {
    pub callers: Callers,
    /// Requests a second of one caller; 0 for no limit.
    pub rate: u32,
    pub resource: Resource,
    pub audit: Audit,
}

impl Guard {
    /// Everybody, as often as they like.
    pub fn open() -> Self {
        Self { callers: Callers::anybody(), rate: 0, resource: Resource::default(), audit: Audit::off() }
    }
}

/// Serves the handler that `make` gives: one per request, so it should be cheap, such as a clone of an `Arc`.
pub fn router<H, F>(make: F, config: Config) -> Router
where
    H: ServerHandler,
    F: Fn() -> H + Send + Sync + 'static,
{
    let mcp = mcp_service(make, config.stop.clone());
    let limits = message::Limits { body: message::LARGEST_BODY, time: config.request_timeout };
    let Guard { callers, rate, resource, audit } = config.guard;
    let (repeats, metrics) = (config.repeats, config.metrics.clone());
    let messages = message::Messages { limits, repeats, metrics, audit: audit.clone(), bodies: message::bodies() };
    let door = |purpose| identify::Door::new(callers.clone(), purpose, resource.clone(), audit.clone());
    let scrapes = get(endpoints::metrics).with_state(config.metrics.clone());
    Router::new()
        // Old configurations point at the root
        .route_service("/", mcp.clone())
        .route_service("/mcp", mcp.clone())
        .route_service("/mcp/", mcp)
        .layer(from_fn_with_state(messages, message::check))
        .layer(from_fn_with_state(limits::Limits::new(rate), limits::check))
        .layer(from_fn_with_state(door(Purpose::Ask), identify::check))
        .route("/metrics", scrapes.layer(from_fn_with_state(door(Purpose::Metrics), identify::check)))
        .merge(metadata_routes(&callers, &resource))
        // Probes come with whatever host name a load balancer chose, and tell nothing worth protecting
        .layer(from_fn_with_state(config.allowed, allow::check))
        .route("/livez", get(endpoints::livez))
        .route("/readyz", get(endpoints::readyz).with_state(config.readiness.clone()))
        .route("/health", get(endpoints::readyz).with_state(config.readiness))
        .fallback(endpoints::unknown)
        .method_not_allowed_fallback(endpoints::wrong_method)
        .layer(from_fn(refuse::after_panic))
        .layer(from_fn_with_state(config.metrics, observe::observe))
}

/// What tells clients of the issuer, where there is one.
fn metadata_routes(callers: &Callers, resource: &Resource) -> Router {
    let Some(issuer) = callers.issuer() else { return Router::new() };
    let state = (resource.clone(), issuer.to_owned());
    let add = |router: Router, path: &str| router.route(path, get(metadata::serve).with_state(state.clone()));
    metadata::PATHS.into_iter().fold(Router::new(), add)
}

/// No sessions: any replica answers any request, and clients that never say goodbye cost nothing. Host names,
/// origins and sizes are checked by our own layers, which also cover what is not MCP.
fn mcp_service<H, F>(make: F, stop: CancellationToken) -> StreamableHttpService<H, NeverSessionManager>
where
    H: ServerHandler,
    F: Fn() -> H + Send + Sync + 'static,
{
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_cancellation_token(stop)
        .with_max_request_body_bytes(message::LARGEST_BODY)
        .disable_allowed_hosts()
        .disable_allowed_origins();
    StreamableHttpService::new(move || Ok(make()), NeverSessionManager::default().into(), config)
}
