//! The two things the rig asks etcd itself, over its JSON gateway.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::wait;

/// Waits until a read succeeds.
pub(super) async fn ready(port: u16, limit: Duration) -> Result<()> {
    wait::until(limit, "etcd answers", async || revision(port).await).await.map(drop)
}

/// Forgets every revision before the current one.
pub(super) async fn compact(port: u16) -> Result<()> {
    let revision = revision(port).await?;
    post(port, "/v3/kv/compaction", json!({"revision": revision, "physical": true})).await.map(drop)
}

async fn revision(port: u16) -> Result<String> {
    let answer = post(port, "/v3/kv/range", json!({"key": "YQ=="})).await?;
    Ok(answer["header"]["revision"].as_str().context("a revision")?.to_owned())
}

async fn post(port: u16, path: &str, body: Value) -> Result<Value> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = hyper::Request::post(format!("http://127.0.0.1:{port}{path}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))?;
    let answer = client.request(request).await.context("ask etcd")?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "etcd: {status} {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).context("an answer of etcd")
}
