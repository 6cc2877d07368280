//! One service over HTTP: pooled connections, this server's token, a time budget, one retry, the breaker, and a bound on
//! what is read. TLS and proxies are kube-rs's, so that there is one HTTP
//! stack.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use kube::client::{Body, Client};
use kube::config::Config;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout, timeout_at};

use super::away::Away;
use super::breaker::{Breaker, Open};
use super::token::Token;

const AGENT: &str = concat!("openshift-cluster-health-mcp/", env!("CARGO_PKG_VERSION"));

/// All attempts together. Assistants give up after five seconds, and the answer has to be written yet.
pub(super) const BUDGET: Duration = Duration::from_secs(4);

const CONNECT: Duration = Duration::from_secs(2);

/// A retry that starts later than this would not come to an end.
const LATEST_RETRY: Duration = Duration::from_secs(2);

/// An error's description is not read beyond this.
const DESCRIPTION: usize = 4096;

/// Where a service is and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub url: Uri,
    /// Read anew as it changes; none is sent without one.
    pub token: Option<PathBuf>,
    /// Authorities in PEM; the system's without one.
    pub authority: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("the authorities in {} cannot be read", path.display())]
    Authority { path: PathBuf, source: rustls_pki_types::pem::Error },
}

pub(super) struct Endpoint {
    /// As people call it.
    name: &'static str,
    /// What its access rules want of this server's account.
    needs: &'static str,
    config: Config,
    token: Option<Token>,
    client: OnceCell<Client>,
    breaker: Mutex<Breaker>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("url", &self.config.cluster_url).finish()
    }
}

impl Endpoint {
    /// Asks nothing yet.
    pub(super) fn new(name: &'static str, needs: &'static str, access: &Access) -> Result<Self, AccessError> {
        let mut config = Config::new(access.url.clone());
        config.connect_timeout = Some(CONNECT);
        config.default_retry = false;
        config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
        config.root_cert = match &access.authority {
            Some(path) => Some(authorities(path)?),
            // Loading the system's authorities for nothing takes its time
            None => (access.url.scheme_str() == Some("http")).then(Vec::new),
        };
        let token = access.token.clone().map(Token::of);
        Ok(Self { name, needs, config, token, client: OnceCell::new(), breaker: Mutex::default() })
    }

    /// The body of a good answer, if it is no larger than `limit` bytes.
    pub(super) async fn get(&self, path: &str, limit: usize) -> Result<Vec<u8>, Away> {
        self.ask(path, None, limit).await
    }

    /// The same for a question with a body, in JSON. Asked once: what came of a first try may have been done.
    pub(super) async fn post(&self, path: &str, body: String, limit: usize) -> Result<Vec<u8>, Away> {
        self.ask(path, Some(body), limit).await
    }

    async fn ask(&self, path: &str, body: Option<String>, limit: usize) -> Result<Vec<u8>, Away> {
        let start = Instant::now();
        let admitted = self.breaker.lock().unwrap_or_else(PoisonError::into_inner).admit(start);
        admitted.map_err(|Open { failures, pause, last }| Away::Resting {
            service: self.name,
            failures,
            pause,
            last,
        })?;
        let again = body.is_none();
        let mut answer = self.attempt(path, body, limit, start + BUDGET).await;
        if again && matches!(&answer, Err(away) if away.is_momentary()) && start.elapsed() < LATEST_RETRY {
            answer = self.attempt(path, None, limit, start + BUDGET).await;
        }
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        match &answer {
            Err(away) if away.is_outage() => breaker.failed(Instant::now(), away.to_string()),
            _ => breaker.succeeded(),
        }
        answer
    }

    async fn attempt(
        &self,
        path: &str,
        body: Option<String>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<u8>, Away> {
        let service = self.name;
        let too_late = |_| Away::TimedOut { service, within: BUDGET };
        let json = HeaderValue::from_static("application/json");
        let request = if body.is_some() { Request::post(path).header(CONTENT_TYPE, &json) } else { Request::get(path) };
        let mut request = request.header(ACCEPT, json);
        if let Some(token) = &self.token {
            let header = token.header().map_err(|error| Away::Token { service, reason: error.to_string() })?;
            request = request.header(AUTHORIZATION, header);
        }
        // In one piece, so that its length is sent: not every service reads a body that comes without
        let body = body.map_or_else(Body::empty, |body| Body::from(body.into_bytes()));
        let request = request.body(body).map_err(|error| Away::garbled(service, error))?;
        let sent =
            async { self.client().await?.send(request).await.map_err(|error| Away::unreachable(service, &error)) };
        let response = timeout_at(deadline, sent).await.map_err(too_late)??;
        let code = response.status().as_u16();
        let good = response.status().is_success();
        let body = Limited::new(response.into_body(), if good { limit } else { DESCRIPTION }).collect();
        let body = timeout_at(deadline, body).await.map_err(too_late)?;
        match (good, body) {
            (true, Ok(body)) => Ok(body.to_bytes().to_vec()),
            (false, body) => {
                match &self.token {
                    Some(token) if code == 401 => token.forget(),
                    None if code == 401 => return Err(Away::Tokenless { service }),
                    _ => {}
                }
                let body = body.map(|body| body.to_bytes()).unwrap_or_default();
                Err(Away::of_status(service, self.needs, code, &body))
            }
            (true, Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                Err(Away::TooLarge { service, limit: format!("{} MiB", limit >> 20) })
            }
            (true, Err(error)) => Err(Away::unreachable(service, &*error)),
        }
    }

    async fn client(&self) -> Result<&Client, Away> {
        let make = async || {
            let config = self.config.clone();
            // Files are read, of tokens and of the system's authorities
            let made = timeout(CONNECT, tokio::task::spawn_blocking(move || Client::try_from(config))).await;
            match made {
                Ok(Ok(made)) => made.map_err(|error| Away::unreachable(self.name, &error)),
                Ok(Err(error)) => Err(Away::unreachable(self.name, &error)),
                Err(_) => Err(Away::TimedOut { service: self.name, within: CONNECT }),
            }
        };
        self.client.get_or_try_init(make).await
    }
}

/// Of a file in PEM form.
pub(crate) fn authorities(path: &Path) -> Result<Vec<Vec<u8>>, AccessError> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(|certificates| certificates.collect::<Result<Vec<CertificateDer>, _>>());
    let certificates = read.map_err(|source| AccessError::Authority { path: path.to_owned(), source })?;
    Ok(certificates.into_iter().map(|certificate| certificate.to_vec()).collect())
}

/// Percent-encoded as the value of a query parameter.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3 / 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
