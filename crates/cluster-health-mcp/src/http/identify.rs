//! Who asks: nothing behind this layer is reached by somebody who was not let in. A refusal says what to send, and where
//! tokens come from when there is an issuer to be found.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::connections::Peer;
use super::metadata::Resource;
use super::refuse::{Code, Refused};
use crate::audit::Audit;
use crate::bucket::Buckets;
use crate::callers::{Callers, Denied, Purpose};

/// Of refused requests, so many a second are written to the audit log, with a burst: a flood is for the metrics.
const WRITTEN: (u32, u32) = (5, 50);
/// Until somebody who could not be asked may be there again.
const AWAY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Door {
    pub(super) callers: Callers,
    pub(super) purpose: Purpose,
    pub(super) resource: Resource,
    pub(super) audit: Audit,
    written: Arc<Buckets<()>>,
}

impl Door {
    pub(super) fn new(callers: Callers, purpose: Purpose, resource: Resource, audit: Audit) -> Self {
        let (rate, burst) = WRITTEN;
        Self { callers, purpose, resource, audit, written: Arc::new(Buckets::new(rate, burst)) }
    }

    fn refused(&self, denied: &Denied, headers: &HeaderMap) -> Refused {
        let (status, wait) = match denied {
            Denied::NoToken | Denied::BadToken(_) | Denied::BadHeaders(_) => (StatusCode::UNAUTHORIZED, None),
            Denied::Forbidden(_) => (StatusCode::FORBIDDEN, None),
            Denied::TooMany(wait) => (StatusCode::TOO_MANY_REQUESTS, Some(*wait)),
            Denied::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, Some(AWAY)),
        };
        let refused = Refused::new(status, Code::InvalidRequest, denied.to_string());
        match wait {
            Some(wait) => refused.retry_after(wait),
            None if status == StatusCode::UNAUTHORIZED => {
                refused.with(WWW_AUTHENTICATE, self.challenge(denied, headers.get(HOST)))
            }
            None => refused,
        }
    }

    /// As in RFC 6750 and RFC 9728.
    fn challenge(&self, denied: &Denied, host: Option<&HeaderValue>) -> HeaderValue {
        let mut words = r#"Bearer realm="openshift-cluster-health""#.to_owned();
        if let Denied::BadToken(why) = denied {
            words.push_str(&format!(
                r#", error="invalid_token", error_description="{}""#,
                why.replace(['"', '\\'], "'")
            ));
        }
        if self.callers.issuer().is_some() {
            words.push_str(&format!(r#", resource_metadata="{}""#, self.resource.metadata_address(host)));
        }
        HeaderValue::from_str(&words).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

pub(super) async fn check(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().cloned();
    let sender = peer.as_ref().map_or_else(|| IpAddr::V4(Ipv4Addr::UNSPECIFIED).into(), Peer::sender);
    let from = sender.address;
    match door.callers.admit(request.headers(), sender, door.purpose).await {
        Ok(caller) => {
            if let Some(peer) = peer.filter(|_| caller.is_known()) {
                peer.is_known();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(denied) => {
            let refused = door.refused(&denied, request.headers());
            if door.written.take(&()).is_ok() {
                door.audit.refused(from, refused.status(), request.extensions().get());
            }
            tracing::debug!(%from, reason = %denied, "a request is not let in");
            refused.into()
        }
    }
}
