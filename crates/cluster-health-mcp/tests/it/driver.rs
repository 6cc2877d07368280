//! Starts the real router on a free port, and speaks HTTP/1.1 to it without anyone's help.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cluster_health_mcp::http::{self, Allowed, Config, Guard, Repeats, Tls};
use cluster_health_mcp::metrics::{Metrics, NoFigures};
use cluster_health_mcp::readiness::Readiness;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rmcp::ServerHandler;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) readiness: Readiness,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// The code of the JSON-RPC error that it is.
    pub(crate) fn code(&self) -> i64 {
        self.json()["error"]["code"].as_i64().unwrap_or_else(|| panic!("not an error: {}", self.body))
    }
}

pub(crate) fn metrics() -> Metrics {
    Metrics::new(Arc::new(NoFigures))
}

pub(crate) async fn start<H: ServerHandler + Clone>(handler: H, metrics: Metrics) -> Server {
    start_with(handler, metrics, Repeats::default()).await
}

pub(crate) async fn start_with<H: ServerHandler + Clone>(handler: H, metrics: Metrics, repeats: Repeats) -> Server {
    start_within(TIMEOUT, handler, metrics, repeats).await
}

/// With that much time for a request.
pub(crate) async fn start_within<H: ServerHandler + Clone>(
    request_timeout: Duration,
    handler: H,
    metrics: Metrics,
    repeats: Repeats,
) -> Server {
    serve(request_timeout, handler, metrics, repeats, Guard::open(), None).await
}

/// With callers, and that much time for a request.
pub(crate) async fn start_guarded_within<H: ServerHandler + Clone>(
    request_timeout: Duration,
    handler: H,
    metrics: Metrics,
    guard: Guard,
) -> Server {
    serve(request_timeout, handler, metrics, Repeats::default(), guard, None).await
}

pub(crate) async fn start_guarded<H: ServerHandler + Clone>(
    handler: H,
    metrics: Metrics,
    repeats: Repeats,
    guard: Guard,
) -> Server {
    serve(TIMEOUT, handler, metrics, repeats, guard, None).await
}

/// Only over TLS, so that the usual ways to ask it lead nowhere.
pub(crate) async fn start_encrypted<H: ServerHandler + Clone>(
    handler: H,
    metrics: Metrics,
    guard: Guard,
    tls: Tls,
) -> Server {
    serve(TIMEOUT, handler, metrics, Repeats::default(), guard, Some(tls)).await
}

async fn serve<H: ServerHandler + Clone>(
    request_timeout: Duration,
    handler: H,
    metrics: Metrics,
    repeats: Repeats,
    guard: Guard,
    tls: Option<Tls>,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, end_streams) = (CancellationToken::new(), CancellationToken::new());
    let readiness = Readiness::default();
    let config = Config {
        allowed: Allowed::new("test-server", &["health.example.com".to_owned()], &[]).unwrap(),
        request_timeout,
        readiness: readiness.clone(),
        metrics,
        repeats,
        guard,
        stop: end_streams.clone(),
    };
    let router = http::router(move || handler.clone(), config);
    let serving = tokio::spawn(http::serve(listener, router, tls, stop.clone(), end_streams));
    Server { address, readiness, stop, serving }
}

impl Server {
    /// A server that runs elsewhere.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let (readiness, stop) = (Readiness::default(), CancellationToken::new());
        Self { address, readiness, stop, serving: tokio::spawn(async {}) }
    }

    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("host", self.address.to_string());
        self.send(request.body(Full::default()).unwrap()).await
    }

    /// Posts a body as JSON, with headers that replace the usual ones.
    pub(crate) async fn post(&self, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Answer {
        self.send(self.posting(body, headers)).await
    }

    pub(crate) fn posting(&self, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
        let mut request = Request::post("/mcp").body(Full::new(body.into())).unwrap();
        let own = self.address.to_string();
        let usual = [("host", own.as_str()), ("content-type", "application/json")];
        for (name, value) in usual.iter().chain(headers) {
            request.headers_mut().insert(hyper::header::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        request
    }

    /// One call as clients of the older era make it.
    pub(crate) async fn legacy(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.post(body.to_string(), &[("mcp-protocol-version", "2025-11-25")]).await.json()
    }

    /// One call as clients of the newer era make it.
    pub(crate) async fn modern(&self, method: &str, name: &str, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        if !name.is_empty() {
            headers.push(("mcp-name", name));
        }
        self.post(body.to_string(), &headers).await.json()
    }
}
