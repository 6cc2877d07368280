//! Who may speak, in what shape, for how long; with a handler just big enough to show it.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult, PaginatedRequestParams,
    ProgressNotificationParam, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use crate::driver::{Server, metrics, start};

const PING: &str = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;

/// `stream` opens a stream and stays; `hang` says nothing; listing tools panics.
#[derive(Clone)]
struct Odd;

impl ServerHandler for Odd {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        panic!("listing tools panics in this test")
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name == "stream" {
            let token = context.meta.get_progress_token().unwrap();
            context.peer.notify_progress(ProgressNotificationParam::new(token, 1.0)).await.unwrap();
        }
        if request.name != "quick" {
            std::future::pending::<()>().await;
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("quick")]).into())
    }
}

async fn odd() -> Server {
    start(Odd, metrics()).await
}

fn call(name: &str) -> String {
    let params = json!({"name": name, "_meta": {"progressToken": 1}});
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).to_string()
}

#[tokio::test]
async fn host_names_and_origins_are_checked() {
    let server = odd().await;
    for (header, value, status) in [
        ("host", "localhost:1", StatusCode::OK),
        ("host", "mcp-server.health.svc:8080", StatusCode::OK),
        ("host", "health.example.com", StatusCode::OK),
        ("host", "evil.example.com", StatusCode::FORBIDDEN),
        ("origin", "http://localhost:6274", StatusCode::OK),
        ("origin", "https://evil.example.com", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
    ] {
        let answer = server.post(PING, &[(header, value)]).await;
        assert_eq!(answer.status, status, "{header}: {value}");
        if status == StatusCode::FORBIDDEN {
            assert_eq!(answer.code(), -32600);
            assert!(answer.body.contains("MCP_ALLOWED_"), "{}", answer.body);
        }
    }
    let scrape = Request::get("/metrics").header("host", "evil.example.com").body(Full::default()).unwrap();
    assert_eq!(server.send(scrape).await.status, StatusCode::FORBIDDEN);
    let probe = Request::get("/livez").header("host", "load-balancer.example.com").body(Full::default()).unwrap();
    assert_eq!(server.send(probe).await.status, StatusCode::OK);
}

#[tokio::test]
async fn simple_clients_need_no_accept_header() {
    let server = odd().await;
    assert_eq!(server.post(PING, &[]).await.json()["result"], json!({}));
    for accept in ["*/*", "application/json", "text/event-stream", "application/json, text/event-stream"] {
        let answer = server.post(PING, &[("accept", accept)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{accept}");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    let answer = server.post(PING, &[("accept", "text/html")]).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::NOT_ACCEPTABLE, -32600));
}

#[tokio::test]
async fn what_is_not_a_message_is_answered_as_json_rpc() {
    let server = odd().await;
    for (body, code) in [
        ("", -32700),
        ("{\"jsonrpc\":", -32700),
        ("hello", -32700),
        ("\"hello\"", -32600),
        ("[]", -32600),
        (" [{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600),
        ("{\"id\":1,\"method\":\"ping\"}", -32600),
        ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600),
    ] {
        let answer = server.post(body, &[]).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{body:?}: {}", answer.body);
    }
    let answer = server.post("{\"id\":41,\"method\":\"ping\"}", &[]).await;
    assert_eq!(answer.json()["id"], 41);
    let answer = server.post(PING, &[("content-type", "text/plain")]).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, -32600));
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let server = odd().await;
    let answer = server.post(vec![b' '; 1024 * 1024 + 1], &[]).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, -32600));
    let just_fits = format!("{PING}{}", " ".repeat(1024 * 1024 - PING.len()));
    assert_eq!(server.post(just_fits, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_carries_an_id() {
    let server = odd().await;
    assert_eq!(server.post(PING, &[("x-request-id", "trace-1")]).await.headers["x-request-id"], "trace-1");
    let (first, second) = (server.get("/nowhere").await, server.get("/livez").await);
    assert_ne!(first.headers["x-request-id"], second.headers["x-request-id"]);
    let odd_one = server.post(PING, &[("x-request-id", "a b\"c")]).await;
    assert_ne!(odd_one.headers["x-request-id"], "a b\"c");
}

#[tokio::test]
async fn probes_tell_what_is_awaited() {
    let server = odd().await;
    assert_eq!(server.get("/readyz").await.status, StatusCode::OK);
    let pending = server.readiness.pending("Pod");
    for path in ["/readyz", "/health"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.json()["awaiting"], json!(["Pod"]));
    }
    assert_eq!(server.get("/livez").await.status, StatusCode::OK);
    drop(pending);
    assert_eq!(server.get("/health").await.json(), json!({"status": "ok"}));
}

#[tokio::test]
async fn the_lost_are_told_the_way() {
    let server = odd().await;
    let answer = server.get("/sse").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["endpoints"][0], "/mcp");
    let answer = server.get("/mcp").await;
    assert_eq!((answer.status, &answer.headers["allow"]), (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap()));
    let root = Request::post("/").header("host", "localhost").header("content-type", "application/json");
    assert_eq!(server.send(root.body(Full::from(PING)).unwrap()).await.json()["result"], json!({}));
}

#[tokio::test]
async fn metrics_count_requests_by_endpoint() {
    let server = odd().await;
    server.post(PING, &[]).await;
    server.get("/x").await;
    let text = server.get("/metrics").await.body;
    for line in ["endpoint=\"mcp\",class=\"2xx\"} 1", "endpoint=\"unknown\",class=\"4xx\"} 1"] {
        assert!(text.contains(line), "{line} missing in\n{text}");
    }
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let server = odd().await;
    let answer = server.post(r#"{"jsonrpc":"2.0","id":5,"method":"tools/list"}"#, &[]).await;
    // The protocol library loses the task, so its deadline ends it; tools' own panics are caught before
    assert_eq!((answer.status, answer.code()), (StatusCode::GATEWAY_TIMEOUT, -32603));
    assert_eq!(answer.json()["id"], 5);
    assert!(!answer.body.contains("panics in this test"));
    assert_eq!(server.post(call("quick"), &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_has_a_deadline_and_a_stream_has_none() {
    let server = odd().await;
    let answer = server.post(call("hang"), &[]).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::GATEWAY_TIMEOUT, -32603));
    assert_eq!(answer.json()["id"], 7);

    let mut stream = server.open(server.posting(call("stream"), &[])).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert!(stream.frame().await.unwrap().is_ok());
    let more = tokio::time::timeout(Duration::from_secs(1), stream.frame()).await;
    assert!(more.is_err(), "the stream ended by itself: {more:?}");
}

#[tokio::test]
async fn stops_within_a_second_with_a_stream_open() {
    let server = odd().await;
    let mut stream = server.open(server.posting(call("stream"), &[])).await;
    assert!(stream.frame().await.unwrap().is_ok());
    let asked = Instant::now();
    server.stop.cancel();
    server.serving.await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(stream.frame().await.is_none(), "the stream is ended, not cut");
}
