//! Asks an issuer for its keys: the discovery document first, which has to name the same issuer, then the keys it points
//! to. Answers are short JSON, or they are none.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use jsonwebtoken::jwk::JwkSet;
use kube::Config;
use kube::client::{Body, Client};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(3);
const LARGEST: usize = 1024 * 1024;

pub(super) struct Issuer {
    name: String,
    ca_file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// Nothing when this is no address that keys may be fetched from.
    pub(super) fn new(name: &str, ca_file: Option<PathBuf>) -> Option<Self> {
        trusted(name)?;
        Some(Self { name: name.to_owned(), ca_file })
    }

    pub(super) async fn keys(&self) -> Result<JwkSet, String> {
        let address = format!("{}/.well-known/openid-configuration", self.name.trim_end_matches('/'));
        let told: Discovery = self.get(&address).await?;
        if told.issuer != self.name {
            return Err("the issuer calls itself differently in its discovery document".to_owned());
        }
        self.get(&told.jwks_uri).await
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, String> {
        let asked = timeout(PATIENCE, self.fetch(address)).await;
        let body = asked.unwrap_or_else(|_| Err("no answer within 3s".to_owned()))?;
        serde_json::from_slice(&body).map_err(|_| "it answers with something else than the expected JSON".to_owned())
    }

    async fn fetch(&self, address: &str) -> Result<axum::body::Bytes, String> {
        let uri = trusted(address).ok_or("its keys are not at an https:// address")?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let mut origin = uri.into_parts();
        origin.path_and_query = Some(axum::http::uri::PathAndQuery::from_static("/"));
        let mut config = Config::new(Uri::from_parts(origin).map_err(|error| error.to_string())?);
        config.connect_timeout = Some(PATIENCE);
        config.default_retry = false;
        config.root_cert_file.clone_from(&self.ca_file);
        // The system's authorities are read from files
        let client = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
        let client = client.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let request = Request::get(path).header("accept", "application/json").body(Body::empty());
        let response = client.send(request.map_err(|error| error.to_string())?).await;
        let response = response.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("it answers {}", response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        Ok(body.map_err(|_| "its answer is too large or broken off".to_owned())?.to_bytes())
    }
}

/// Keys that came over an open network prove nothing.
fn trusted(address: &str) -> Option<Uri> {
    let uri: Uri = address.parse().ok()?;
    let host = uri.host()?;
    let local = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str()? {
        "https" => Some(uri),
        "http" if local => Some(uri),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        for good in
            ["https://issuer.example", "https://issuer.example/realms/a?x=y", "http://127.0.0.1:1", "http://[::1]:1/"]
        {
            assert!(trusted(good).is_some(), "{good}");
        }
        for bad in ["http://issuer.example", "file:///etc/passwd", "ftp://127.0.0.1/", "issuer.example", "/keys", ""] {
            assert!(trusted(bad).is_none(), "{bad}");
        }
    }
}
