//! Where spans go: one address, over OTLP/HTTP as JSON. TLS and proxies are kube-rs's, so that there is one HTTP stack.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Uri};
use kube::client::{Body, Client};
use kube::config::Config;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::{Span, otlp};
use crate::integrations::{AccessError, authorities};

const AGENT: &str = concat!("openshift-cluster-health-mcp/", env!("CARGO_PKG_VERSION"));
/// As OpenTelemetry's own exporters have it.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer says how many spans were refused, and perhaps why.
const ANSWER: usize = 16 << 10;

#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    #[error("OTEL_EXPORTER_OTLP_CERTIFICATE (--otlp-certificate) cannot be used")]
    Authorities(#[from] AccessError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorOptions {
    /// With the path that is posted to.
    pub address: Uri,
    /// Sent along, such as a key. Never shown.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// In PEM; the system's without it.
    pub authorities: Option<PathBuf>,
    pub service: String,
}

pub struct Collector {
    config: Config,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    service: String,
    client: OnceCell<Client>,
}

/// Why spans were not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotTaken {
    pub(super) why: String,
    /// Whether to try again, and when where that was said.
    pub(super) again: Option<Option<Duration>>,
}

impl Collector {
    /// Asks nothing yet.
    pub fn new(options: CollectorOptions) -> Result<Self, CollectorError> {
        let CollectorOptions { address, headers, authorities: path_of, service } = options;
        let path = address.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let mut config = Config::new(root(&address));
        config.connect_timeout = Some(PATIENCE);
        config.default_retry = false;
        config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
        config.root_cert = match &path_of {
            Some(path) => Some(authorities(path)?),
            None => (address.scheme_str() == Some("http")).then(Vec::new),
        };
        Ok(Self { config, path, headers, service, client: OnceCell::new() })
    }

    /// How many of them were refused, where the others were taken.
    pub(super) async fn send(&self, spans: &[Span]) -> Result<u64, NotTaken> {
        let body = otlp::request(&self.service, spans);
        match timeout(PATIENCE, self.post(body)).await {
            Ok(answer) => answer,
            Err(_) => Err(NotTaken { why: format!("no answer within {}s", PATIENCE.as_secs()), again: Some(None) }),
        }
    }

    async fn post(&self, body: String) -> Result<u64, NotTaken> {
        let mut request = Request::post(&self.path).header(CONTENT_TYPE, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let broken = |error: &dyn std::error::Error| NotTaken { why: deepest(error), again: Some(None) };
        let request = request.body(Body::from(body.into_bytes())).map_err(|error| broken(&error))?;
        let response = self.client().await?.send(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Limited::new(response.into_body(), ANSWER).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        match status.as_u16() {
            200..300 => Ok(otlp::rejected(&body)),
            // What the protocol lets try again
            429 | 502..=504 => Err(NotTaken { why: status.to_string(), again: Some(wait.map(Duration::from_secs)) }),
            _ => Err(NotTaken { why: status.to_string(), again: None }),
        }
    }

    async fn client(&self) -> Result<&Client, NotTaken> {
        let make = async || {
            let config = self.config.clone();
            // The system's authorities are read from files
            let made = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
            let broken = |why| NotTaken { why, again: Some(None) };
            made.map_err(|error| broken(error.to_string()))?.map_err(|error| broken(deepest(&error)))
        };
        self.client.get_or_try_init(make).await
    }
}

/// Without path and query.
fn root(address: &Uri) -> Uri {
    let mut parts = address.clone().into_parts();
    parts.path_and_query = Some(hyper::http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).unwrap_or_else(|_| address.clone())
}

/// The last cause says what happened.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        words = source.to_string();
        next = source.source();
    }
    words
}
