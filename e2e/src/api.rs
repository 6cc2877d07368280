//! The API as an administrator sees it: plain requests with JSON bodies, straight to the API server.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::certificates::Certificates;

const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    token: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().take(600).collect()
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("JSON of the API")
    }
}

impl Api {
    pub fn new(base: &str, token: &str, certificates: &Certificates) -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(certificates.trusted()).https_only().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { base: base.to_owned(), token: token.to_owned(), client }
    }

    /// The same API with another identity.
    #[must_use]
    pub fn as_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub async fn send(&self, method: Method, path: &str, content: &str, body: impl Into<Bytes>) -> Result<Answer> {
        let request = Request::builder()
            .method(&method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", content)
            .body(Full::new(body.into()))?;
        let exchange = async {
            let answer = self.client.request(request).await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            anyhow::Ok(Answer { status, body })
        };
        tokio::time::timeout(TIMEOUT, exchange)
            .await
            .with_context(|| format!("{method} {path}: no answer within {TIMEOUT:?}"))?
            .with_context(|| format!("{method} {path}"))
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, "application/json", Bytes::new()).await
    }

    /// A get that has to succeed.
    pub async fn read(&self, path: &str) -> Result<Value> {
        succeeded("GET", path, self.get(path).await?)
    }

    pub async fn create(&self, path: &str, object: &Value) -> Result<Value> {
        succeeded("POST", path, self.post(path, object).await?)
    }

    /// A post whose answer may be a refusal.
    pub async fn post(&self, path: &str, object: &Value) -> Result<Answer> {
        self.send(Method::POST, path, "application/json", object.to_string()).await
    }

    pub async fn merge(&self, path: &str, patch: &Value) -> Result<Value> {
        let answer = self.send(Method::PATCH, path, "application/merge-patch+json", patch.to_string()).await?;
        succeeded("PATCH", path, answer)
    }

    /// Merges into the status, as kubelets and operators do.
    pub async fn set_status(&self, path: &str, status: &Value) -> Result<Value> {
        self.merge(&format!("{path}/status"), &serde_json::json!({"status": status})).await
    }

    /// Creates or changes by server-side apply; YAML or JSON.
    pub async fn apply(&self, path: &str, text: impl Into<Bytes>) -> Result<Value> {
        let path = format!("{path}?fieldManager=rig&force=true");
        let answer = self.send(Method::PATCH, &path, "application/apply-patch+yaml", text).await?;
        succeeded("apply", &path, answer)
    }

    /// Without grace, as there are no kubelets that would end a pod. Gone already is fine.
    pub async fn delete(&self, path: &str) -> Result<()> {
        let options = r#"{"gracePeriodSeconds":0,"propagationPolicy":"Background"}"#;
        let answer = self.send(Method::DELETE, path, "application/json", options).await?;
        if answer.status == 404 {
            return Ok(());
        }
        succeeded("DELETE", path, answer).map(drop)
    }
}

fn succeeded(method: &str, path: &str, answer: Answer) -> Result<Value> {
    if !(200..300).contains(&answer.status) {
        bail!("{method} {path}: {} {}", answer.status, answer.text());
    }
    answer.json()
}
