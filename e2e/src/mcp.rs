//! A small MCP client: tool calls over streamable HTTP, as an assistant makes them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

const PROTOCOL: &str = "2026-07-28";
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Clone)]
pub struct Mcp {
    base: String,
    token: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What a tool said.
#[derive(Debug)]
pub struct Said {
    pub text: String,
    pub structured: Value,
    pub is_error: bool,
    pub took: Duration,
}

impl Mcp {
    pub fn new(port: u16) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { base: format!("http://127.0.0.1:{port}"), token: None, client }
    }

    /// The same server with another caller.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The status with which a first question is answered.
    pub async fn knock(&self) -> Result<u16> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string();
        let request = Request::post(format!("{}/mcp", self.base)).header("content-type", "application/json");
        Ok(self.exchange(request.body(Full::new(body.into()))?).await?.0)
    }

    /// Names of namespaces that begin so.
    pub async fn complete_namespaces(&self, typed: &str) -> Result<Value> {
        let reference = json!({"type": "ref/resource", "uri": "cluster://namespaces/{namespace}"});
        let params = json!({"ref": reference, "argument": {"name": "namespace", "value": typed}});
        let result = self.request("completion/complete", "", params).await?;
        Ok(result["completion"]["values"].clone())
    }

    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Said> {
        let start = Instant::now();
        let result = self.request("tools/call", tool, json!({"name": tool, "arguments": arguments})).await?;
        Ok(Said {
            text: result["content"][0]["text"].as_str().unwrap_or_default().to_owned(),
            structured: result["structuredContent"].clone(),
            is_error: result["isError"].as_bool().unwrap_or(false),
            took: start.elapsed(),
        })
    }

    pub async fn tools(&self) -> Result<Vec<String>> {
        let result = self.request("tools/list", "", json!({})).await?;
        let tools = result["tools"].as_array().context("a list of tools")?;
        Ok(tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect())
    }

    /// Addresses of resources, those of templates filled in with something that every cluster of the rig has.
    pub async fn resources(&self) -> Result<Vec<String>> {
        let listed = self.request("resources/list", "", json!({})).await?;
        let templates = self.request("resources/templates/list", "", json!({})).await?;
        let of = |result: &Value, list: &str, field: &str| -> Vec<String> {
            let entries = result[list].as_array().into_iter().flatten();
            entries.filter_map(|entry| entry[field].as_str().map(str::to_owned)).collect()
        };
        let mut uris = of(&listed, "resources", "uri");
        for template in of(&templates, "resourceTemplates", "uriTemplate") {
            let uri = template.replace("{namespace}", "shop").replace("{id}", "node-not-ready");
            anyhow::ensure!(!uri.contains('{'), "nobody says what to put into {template}");
            uris.push(uri);
        }
        Ok(uris)
    }

    /// The text of a resource, or the refusal in its place.
    pub async fn read(&self, uri: &str) -> Result<String> {
        let answer = self.ask("resources/read", uri, json!({"uri": uri})).await?;
        let text = answer["result"]["contents"][0]["text"].as_str().or_else(|| answer["error"]["message"].as_str());
        Ok(text.with_context(|| format!("{uri}: {answer}"))?.to_owned())
    }

    async fn request(&self, method: &str, name: &str, params: Value) -> Result<Value> {
        let answer = self.ask(method, name, params).await?;
        if answer["result"].is_null() {
            bail!("{method} {name}: {answer}");
        }
        Ok(answer["result"].clone())
    }

    async fn ask(&self, method: &str, name: &str, mut params: Value) -> Result<Value> {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientInfo": {"name": "rig", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut request = Request::post(format!("{}/mcp", self.base))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", PROTOCOL)
            .header("mcp-method", method);
        if !name.is_empty() {
            request = request.header("mcp-name", name);
        }
        let (status, text) = self.exchange(request.body(Full::new(body.to_string().into()))?).await?;
        serde_json::from_str(&text).with_context(|| format!("{method}: {status} {text}"))
    }

    /// `/metrics`, `/readyz` and the like: status and text.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        self.exchange(Request::get(format!("{}{path}", self.base)).body(Full::default())?).await
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<(u16, String)> {
        if let Some(token) = &self.token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        }
        let exchange = async {
            let answer = self.client.request(request).await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            anyhow::Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        tokio::time::timeout(TIMEOUT, exchange).await.context("the server does not answer")?.context("ask the server")
    }
}
