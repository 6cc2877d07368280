//! Which host names and origins a request may carry: the defence against web pages that reach for local services.
//!
//! DNS rebinding needs a name in the public DNS that an attacker can point at this server. So names that cannot be
//! public are accepted as they are: loopback names, IP addresses (no name, nothing to rebind), and the cluster's own
//! `.svc` names. A page reaching us by address is still stopped by its `Origin`.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::Response;

use super::refuse::{Code, Refused};

const CLUSTER_SUFFIXES: [&str; 2] = [".svc", ".svc.cluster.local"];
/// The name our own manifests give the Service; callers in the same namespace use it bare.
const SERVICE_NAME: &str = "mcp-server";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadEntry {
    #[error(
        "MCP_ALLOWED_HOSTS (--allowed-hosts) has the entry {0:?}, which is not accepted: name, name:port, *.suffix or \
         * is accepted"
    )]
    Host(String),
    #[error(
        "MCP_ALLOWED_ORIGINS (--allowed-origins) has the entry {0:?}, which is not accepted: scheme://host, \
         scheme://host:port or * is accepted"
    )]
    Origin(String),
}

#[derive(Debug, Clone, Default)]
pub struct Allowed {
    any_host: bool,
    any_origin: bool,
    names: Vec<(String, Option<u16>)>,
    suffixes: Vec<String>,
    origins: Vec<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Allowed {
    /// The built-in names, the server's own, and what the settings add.
    pub fn new(server_name: &str, hosts: &[String], origins: &[String]) -> Result<Self, BadEntry> {
        let mut allowed = Self::default();
        // Without a dot, it cannot be a public name
        let bare = [SERVICE_NAME, server_name].into_iter().filter(|name| !name.contains('.'));
        allowed.names = bare.map(|name| (name.to_ascii_lowercase(), None)).collect();
        allowed.suffixes = CLUSTER_SUFFIXES.map(str::to_owned).to_vec();
        for entry in entries(hosts) {
            allowed.add_host(entry)?;
        }
        for entry in entries(origins) {
            if entry == "*" {
                allowed.any_origin = true;
            } else {
                allowed.origins.push(Origin::parse(entry).ok_or_else(|| BadEntry::Origin(entry.to_owned()))?);
            }
        }
        Ok(allowed)
    }

    fn add_host(&mut self, entry: &str) -> Result<(), BadEntry> {
        let refused = || BadEntry::Host(entry.to_owned());
        if entry == "*" {
            self.any_host = true;
        } else if let Some(suffix) = entry.strip_prefix('*') {
            let usable = suffix.len() > 1 && suffix.starts_with('.') && !suffix.contains(['*', ':', '/']);
            self.suffixes.push(usable.then(|| suffix.to_ascii_lowercase()).ok_or_else(refused)?);
        } else {
            self.names.push(split_authority(entry).filter(|(host, _)| !host.contains('*')).ok_or_else(refused)?);
        }
        Ok(())
    }

    /// Whether a `Host` header's value is accepted.
    pub fn host(&self, authority: &str) -> bool {
        if self.any_host {
            return true;
        }
        let Some((host, port)) = split_authority(authority) else { return false };
        is_loopback_name(&host)
            || host.parse::<IpAddr>().is_ok()
            || self.suffixes.iter().any(|suffix| host.len() > suffix.len() && host.ends_with(suffix.as_str()))
            || self.names.iter().any(|(name, only)| *name == host && (only.is_none() || *only == port))
    }

    /// Whether an `Origin` header's value is accepted.
    pub fn origin(&self, value: &str) -> bool {
        if self.any_origin {
            return true;
        }
        let Some(origin) = Origin::parse(value) else { return false };
        origin.is_loopback() || self.origins.contains(&origin)
    }
}

impl Origin {
    fn parse(value: &str) -> Option<Self> {
        let (scheme, authority) = value.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = split_authority(authority)?;
        let default = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Some(Self { port: port.or(default)?, scheme, host })
    }

    fn is_loopback(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
            && (is_loopback_name(&self.host) || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()))
    }
}

pub(super) async fn check(State(allowed): State<Allowed>, request: Request, next: Next) -> Response {
    match refusal(&allowed, &request) {
        Some(refused) => refused.into(),
        None => next.run(request).await,
    }
}

fn refusal(allowed: &Allowed, request: &Request) -> Option<Refused> {
    let headers = request.headers();
    let host = match headers.get(HOST) {
        Some(value) => value.to_str().ok(),
        None => request.uri().authority().map(|authority| authority.as_str()),
    };
    if !host.is_some_and(|host| allowed.host(host)) {
        let named = host.unwrap_or("none");
        tracing::warn!(host = named, "request refused: host name is not allowed");
        return Some(forbidden(format!(
            "host name {named:?} is not allowed; list it in MCP_ALLOWED_HOSTS (--allowed-hosts)"
        )));
    }
    let origin = headers.get(ORIGIN)?;
    if !origin.to_str().is_ok_and(|origin| allowed.origin(origin)) {
        tracing::warn!(?origin, "request refused: origin is not allowed");
        return Some(forbidden(format!(
            "origin {origin:?} is not allowed; list it in MCP_ALLOWED_ORIGINS (--allowed-origins)"
        )));
    }
    None
}

fn forbidden(message: String) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, Code::InvalidRequest, message)
}

fn entries(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty())
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

/// `host`, `host:port`, `[v6]` and `[v6]:port`, with the host in lower case and without brackets or a final dot.
fn split_authority(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, after)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) => Some(digits.parse().ok()?),
        None if port.is_empty() => None,
        None => return None,
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let plain = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:*".contains(c));
    plain.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &[&str], origins: &[&str]) -> Allowed {
        let own = |list: &[&str]| list.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
        Allowed::new("openshift-cluster-health", &own(hosts), &own(origins)).unwrap()
    }

    #[test]
    fn names_that_cannot_be_public_work_out_of_the_box() {
        let allowed = allowed(&[], &[]);
        for host in [
            "localhost:8080",
            "127.0.0.1",
            "[::1]:8080",
            "10.128.0.7:8080",
            "mcp-server",
            "mcp-server:8080",
            "openshift-cluster-health",
            "mcp-server.monitoring.svc:8080",
            "MCP-Server.monitoring.svc.cluster.local.",
        ] {
            assert!(allowed.host(host), "{host}");
        }
        for host in
            ["evil.example.com", "evil.svc.example.com", "svc", ".svc", "mcp-server.evil.app", "", "a b", "[::1", "x:y"]
        {
            assert!(!allowed.host(host), "{host:?}");
        }
    }

    #[test]
    fn settings_add_names() {
        let allowed =
            allowed(&["health.apps.example.com", "*.corp.example:8080".split(':').next().unwrap(), "a:1"], &[]);
        assert!(allowed.host("health.apps.example.com:443") && allowed.host("x.corp.example") && allowed.host("a:1"));
        assert!(!allowed.host("corp.example") && !allowed.host("a:2") && !allowed.host("a"));
        for entry in ["*x", "a/b", "http://a", "*.*"] {
            assert_eq!(Allowed::new("n", &[entry.to_owned()], &[]).unwrap_err(), BadEntry::Host(entry.to_owned()));
        }
        assert!(Allowed::new("n", &["*".to_owned()], &[]).unwrap().host("anything.example"));
    }

    #[test]
    fn origins_are_loopback_or_listed() {
        let allowed = allowed(&[], &["https://console.example.com", "http://tools.example.com:8443"]);
        for origin in [
            "http://localhost:6274",
            "https://127.0.0.1",
            "http://[::1]:80",
            "https://console.example.com",
            "https://CONSOLE.example.com:443",
            "http://tools.example.com:8443",
        ] {
            assert!(allowed.origin(origin), "{origin}");
        }
        for origin in ["null", "http://console.example.com", "http://evil.example.com", "http://10.0.0.1", "localhost"]
        {
            assert!(!allowed.origin(origin), "{origin}");
        }
        assert!(Allowed::new("n", &[], &["example.com".to_owned()]).is_err());
    }
}
