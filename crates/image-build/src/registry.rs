//! A registry, as the OCI distribution specification has it: blobs and manifests by digest, tags by name.

mod credentials;
mod reference;
mod token;
mod upload;

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;

use ureq::http::{HeaderMap, Response, header};
use ureq::{Agent, Body};

use crate::digest::Digest;
use crate::http::{self, HttpError, Passing};
use crate::oci::{Descriptor, INDEX, MANIFEST};
pub use reference::Repository;

/// Manifests are small; what is larger is none.
const LONGEST_MANIFEST: u64 = 4 * 1024 * 1024;
/// Of an error's text in messages.
const LONGEST_REASON: u64 = 600;

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("{0} names no repository: HOST[:PORT]/NAME is expected, without a tag")]
    Repository(String),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the registry {registry} cannot be reached")]
    Transport { registry: String, source: Box<ureq::Error> },
    #[error(
        "the registry {registry} does not let us {what}; log in with `podman login {registry}` or `docker login {registry}`"
    )]
    Denied { registry: String, what: String },
    #[error("the registry answers {status} when asked to {what}: {reason}")]
    Status { what: String, status: u16, reason: String },
    #[error("the registry's answer to {what} has no usable {field}")]
    Answer { what: String, field: &'static str },
    #[error("the registry stored {what} as {stored}, not as {sent}")]
    Digest { what: String, stored: String, sent: String },
    #[error("the credentials in {path} cannot be read")]
    Credentials { path: PathBuf, source: io::Error },
    #[error("the credential helper {0} gives no credentials")]
    Helper(String),
}

impl Passing for RegistryError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Transport { .. } => true,
            Self::Status { status, .. } => http::is_passing(*status),
            _ => false,
        }
    }
}

/// One repository of a registry.
#[derive(Debug)]
pub struct Registry {
    agent: Agent,
    repository: Repository,
    /// What is sent as `Authorization`, once the registry has asked for it.
    authorization: RefCell<Option<String>>,
}

/// A request that can be sent again.
struct Request<'a> {
    method: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: &'a [u8],
    /// For messages: "store the blob sha256:…".
    what: String,
}

impl Registry {
    pub fn new(repository: Repository) -> Result<Self, RegistryError> {
        Ok(Self { agent: http::agent()?, repository, authorization: RefCell::new(None) })
    }

    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    pub fn has_blob(&self, digest: &str) -> Result<bool, RegistryError> {
        let what = format!("look for the blob {digest}");
        self.is_there(self.request("HEAD", &format!("blobs/{digest}"), what))
    }

    /// Sends a blob that is not there yet; a transfer that breaks off goes on where it broke off. True when it was sent.
    pub fn put_blob(&self, descriptor: &Descriptor, content: &[u8]) -> Result<bool, RegistryError> {
        let there = http::persistently(|| self.has_blob(&descriptor.digest))?;
        if !there {
            upload::blob(self, &descriptor.digest, content)?;
        }
        Ok(!there)
    }

    /// Stores a manifest or an index under its digest or a tag. True when the registry knows what refers to what.
    pub fn put_manifest(&self, reference: &str, media_type: &str, content: &[u8]) -> Result<bool, RegistryError> {
        let what = format!("store the manifest {reference}");
        let answer = http::persistently(|| {
            let mut request = self.request("PUT", &format!("manifests/{reference}"), what.clone());
            request.headers.push(("content-type", media_type.to_owned()));
            request.body = content;
            self.expect(&request, &[201, 200])
        })?;
        let sent = Digest::of(content).oci();
        match text(answer.headers(), "docker-content-digest") {
            Some(stored) if stored != sent => Err(RegistryError::Digest { what, stored: stored.to_owned(), sent }),
            _ => Ok(answer.headers().contains_key("oci-subject")),
        }
    }

    /// A manifest by tag or digest, if there is one.
    pub fn manifest(&self, reference: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        let what = format!("read the manifest {reference}");
        let answer = http::persistently(|| {
            let mut request = self.request("GET", &format!("manifests/{reference}"), what.clone());
            request.headers.push(("accept", format!("{INDEX}, {MANIFEST}")));
            self.expect(&request, &[200, 404])
        })?;
        if answer.status().as_u16() == 404 {
            return Ok(None);
        }
        let body = answer.into_body().into_with_config().limit(LONGEST_MANIFEST).read_to_vec();
        Ok(Some(body.map_err(|source| self.transport(source))?))
    }

    fn request(&self, method: &'static str, path: &str, what: String) -> Request<'static> {
        let url = format!("{}/{path}", self.repository.url());
        Request { method, url, headers: Vec::new(), body: &[], what }
    }

    fn is_there(&self, request: Request<'_>) -> Result<bool, RegistryError> {
        Ok(self.expect(&request, &[200, 404])?.status().as_u16() == 200)
    }

    /// The answer, if it has one of these statuses.
    fn expect(&self, request: &Request<'_>, statuses: &[u16]) -> Result<Response<Body>, RegistryError> {
        let mut answer = self.send(request)?;
        if answer.status().as_u16() == 401 {
            *self.authorization.borrow_mut() = Some(token::authorize(self, request, answer.headers())?);
            answer = self.send(request)?;
        }
        let what = request.what.clone();
        match answer.status().as_u16() {
            status if statuses.contains(&status) => Ok(answer),
            401 | 403 => Err(RegistryError::Denied { registry: self.repository.registry().to_owned(), what }),
            status => Err(RegistryError::Status { what, status, reason: reason(answer) }),
        }
    }

    fn send(&self, request: &Request<'_>) -> Result<Response<Body>, RegistryError> {
        let mut builder = ureq::http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(authorization) = &*self.authorization.borrow() {
            builder = builder.header(header::AUTHORIZATION, authorization);
        }
        let answer = match request.method {
            "GET" | "HEAD" => builder.body(()).map_err(Into::into).and_then(|request| self.agent.run(request)),
            _ => builder.body(request.body).map_err(Into::into).and_then(|request| self.agent.run(request)),
        };
        answer.map_err(|source| self.transport(source))
    }

    fn transport(&self, source: ureq::Error) -> RegistryError {
        RegistryError::Transport { registry: self.repository.registry().to_owned(), source: Box::new(source) }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What the registry says for people, or nothing.
fn reason(answer: Response<Body>) -> String {
    let body = answer.into_body().into_with_config().limit(LONGEST_REASON).lossy_utf8(true).read_to_string();
    body.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
