//! Sends a blob in pieces. When a piece does not get through, the registry is asked how far it got, and sending goes on
//! from there.

use std::thread;
use std::time::Duration;

use ureq::http::HeaderMap;

use super::{Registry, RegistryError, Request, text};
use crate::http::{self, Passing};

/// Small enough that sending one again is cheap.
const PIECE: usize = 4 * 1024 * 1024;
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(500);

struct Session {
    url: String,
    /// Bytes that the registry has.
    offset: usize,
}

pub(super) fn blob(registry: &Registry, digest: &str, content: &[u8]) -> Result<(), RegistryError> {
    let what = format!("store the blob {digest}");
    let mut session = start(registry, &what)?;
    let mut attempts = ATTEMPTS;
    while session.offset < content.len() {
        let end = content.len().min(session.offset + PIECE);
        session = match piece(registry, &session, &content[session.offset..end], &what) {
            Ok(url) => Session { url, offset: end },
            Err(error) if error.may_pass() && attempts > 1 => {
                attempts -= 1;
                thread::sleep(PAUSE);
                resume(registry, &session, &what)?
            }
            Err(error) => return Err(error),
        };
    }
    finish(registry, &session, digest, &what)
}

fn start(registry: &Registry, what: &str) -> Result<Session, RegistryError> {
    http::persistently(|| {
        let request = registry.request("POST", "blobs/uploads/", what.to_owned());
        let answer = registry.expect(&request, &[202])?;
        Ok(Session { url: location(registry, answer.headers(), what)?, offset: 0 })
    })
}

fn piece(registry: &Registry, session: &Session, content: &[u8], what: &str) -> Result<String, RegistryError> {
    let range = format!("{}-{}", session.offset, session.offset + content.len() - 1);
    let headers = vec![("content-type", "application/octet-stream".to_owned()), ("content-range", range)];
    let request = Request { method: "PATCH", url: session.url.clone(), headers, body: content, what: what.to_owned() };
    let answer = registry.expect(&request, &[202, 204])?;
    location(registry, answer.headers(), what)
}

/// Where the registry stands; from the start where it has forgotten.
fn resume(registry: &Registry, session: &Session, what: &str) -> Result<Session, RegistryError> {
    let answer = http::persistently(|| {
        let url = session.url.clone();
        let request = Request { method: "GET", url, headers: Vec::new(), body: &[], what: what.to_owned() };
        registry.expect(&request, &[204, 202, 200, 404])
    })?;
    if answer.status().as_u16() == 404 {
        return start(registry, what);
    }
    let range = text(answer.headers(), "range").unwrap_or("0-0");
    // `0-0` is one byte or none: none is always true
    let last: usize = range.rsplit('-').next().and_then(|last| last.parse().ok()).unwrap_or(0);
    let offset = if last == 0 { 0 } else { last + 1 };
    if offset == 0 {
        return start(registry, what);
    }
    let url = location(registry, answer.headers(), what).unwrap_or_else(|_| session.url.clone());
    Ok(Session { url, offset })
}

fn finish(registry: &Registry, session: &Session, digest: &str, what: &str) -> Result<(), RegistryError> {
    let separator = if session.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{separator}digest={digest}", session.url);
    let finished = http::persistently(|| {
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        let request = Request { method: "PUT", url: url.clone(), headers, body: &[], what: what.to_owned() };
        registry.expect(&request, &[201, 204])
    });
    match finished {
        // The answer to an earlier attempt may have been lost
        Err(RegistryError::Status { status: 404, .. }) if registry.has_blob(digest)? => Ok(()),
        ended => ended.map(drop),
    }
}

/// Where to go on: an address, or a path of the same registry.
fn location(registry: &Registry, headers: &HeaderMap, what: &str) -> Result<String, RegistryError> {
    let location =
        text(headers, "location").ok_or_else(|| RegistryError::Answer { what: what.to_owned(), field: "Location" })?;
    if location.starts_with('/') {
        return Ok(format!("{}{location}", registry.repository.origin()));
    }
    Ok(location.to_owned())
}
