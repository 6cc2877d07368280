//! HTTP as mirrors and registries need it: proxies from the environment, time limits, and a few more attempts where the
//! network was at fault.
//!
//! `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` mean what they usually do; `SSL_CERT_FILE` names certificate
//! authorities to believe instead of the built-in ones.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

const CONNECT: Duration = Duration::from_secs(15);
/// Until an answer starts.
const ANSWER: Duration = Duration::from_secs(60);
/// For all of an answer: the largest index is ten megabytes.
const BODY: Duration = Duration::from_secs(600);
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("SSL_CERT_FILE names {path}, which cannot be used: {reason}")]
    Certificates { path: PathBuf, reason: String },
}

/// Answers of any status are answers; what they mean is for the caller to say.
pub fn agent() -> Result<Agent, HttpError> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        tls = tls.root_certs(authorities(PathBuf::from(path))?);
    }
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(BODY))
        .user_agent(concat!("image-build/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build())
        .build();
    Ok(config.into())
}

fn authorities(path: PathBuf) -> Result<RootCerts, HttpError> {
    let pem = match fs::read(&path) {
        Ok(pem) => pem,
        Err(error) => return Err(HttpError::Certificates { path, reason: error.to_string() }),
    };
    let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(HttpError::Certificates { path, reason: "it holds no certificate".to_owned() });
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Whether another attempt may help.
pub trait Passing {
    fn may_pass(&self) -> bool;
}

/// Tries again, with growing pauses, while the network is at fault.
pub fn persistently<T, E: Passing>(mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(error) if error.may_pass() => thread::sleep(pause),
            ended => return ended,
        }
        pause *= 2;
    }
    attempt()
}

/// Statuses that say "later".
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}
