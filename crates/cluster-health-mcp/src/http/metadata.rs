//! Where clients learn which issuer's tokens this server takes (RFC 9728). Served only where there is an issuer: some
//! clients drop the token they were configured with when they find this.

use axum::extract::State;
use axum::http::header::{HOST, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::refuse::json;

pub(super) const PATHS: [&str; 2] =
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];

/// The server's own address, as clients know it.
#[derive(Debug, Clone, Default)]
pub struct Resource {
    /// Such as `https://health.example.com`, without a path; worked out from the request when it is not set.
    pub origin: Option<String>,
    /// Whether connections are encrypted here.
    pub tls: bool,
}

#[derive(Serialize)]
struct Metadata {
    resource: String,
    authorization_servers: [String; 1],
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
}

impl Resource {
    fn origin(&self, host: Option<&HeaderValue>) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        self.origin.clone().unwrap_or_else(|| format!("{scheme}://{host}"))
    }

    pub(super) fn metadata_address(&self, host: Option<&HeaderValue>) -> String {
        // The first is the one for the root; ours is for /mcp
        format!("{}/.well-known/oauth-protected-resource/mcp", self.origin(host))
    }
}

pub(super) async fn serve(State((resource, issuer)): State<(Resource, String)>, headers: HeaderMap) -> Response {
    let metadata = Metadata {
        resource: format!("{}/mcp", resource.origin(headers.get(HOST))),
        authorization_servers: [issuer],
        bearer_methods_supported: ["header"],
        resource_name: "OpenShift Cluster Health",
    };
    json(StatusCode::OK, &metadata)
}
