//! Each call becomes a span on its caller's trace, at a collector that takes nothing but OTLP as it is written down.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use cluster_health_mcp::metrics::NoFigures;
use cluster_health_mcp::spans::{Collector, CollectorOptions, Exporter, Spans};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::*;

/// The messages of OTLP/JSON, and no field that is not in them.
mod otlp {
    use super::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct Request {
        pub(super) resource_spans: Vec<ResourceSpans>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct ResourceSpans {
        pub(super) resource: Resource,
        pub(super) scope_spans: Vec<ScopeSpans>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Resource {
        pub(super) attributes: Vec<KeyValue>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct ScopeSpans {
        pub(super) scope: Scope,
        pub(super) spans: Vec<Span>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Scope {
        pub(super) name: String,
        pub(super) version: String,
    }

    #[derive(Clone, Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct Span {
        pub(super) trace_id: String,
        pub(super) span_id: String,
        #[serde(default)]
        pub(super) parent_span_id: String,
        pub(super) name: String,
        pub(super) kind: u8,
        pub(super) start_time_unix_nano: String,
        pub(super) end_time_unix_nano: String,
        pub(super) attributes: Vec<KeyValue>,
        #[serde(default)]
        pub(super) links: Vec<Link>,
        pub(super) status: Option<Status>,
    }

    #[derive(Clone, Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct Link {
        pub(super) trace_id: String,
        pub(super) span_id: String,
    }

    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Status {
        pub(super) code: u8,
    }

    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct KeyValue {
        pub(super) key: String,
        pub(super) value: Value,
    }

    #[derive(Clone, Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) enum Value {
        StringValue(String),
        /// 64-bit numbers are strings.
        IntValue(String),
    }

    impl Span {
        pub(super) fn text(&self, key: &str) -> Option<&str> {
            self.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| match &attribute.value {
                Value::StringValue(text) | Value::IntValue(text) => text.as_str(),
            })
        }

        /// Identifiers and times as they have to be.
        pub(super) fn is_well_formed(&self) -> bool {
            let hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let nanos = |text: &str| text.parse::<u64>().unwrap();
            hex(&self.trace_id, 32)
                && hex(&self.span_id, 16)
                && (self.parent_span_id.is_empty() || hex(&self.parent_span_id, 16))
                && self.kind == 2
                && nanos(&self.start_time_unix_nano) <= nanos(&self.end_time_unix_nano)
                && nanos(&self.start_time_unix_nano) > 1_500_000_000_000_000_000
        }
    }
}

/// How it answers, and what it was sent.
#[derive(Default)]
struct Seen {
    /// Statuses of the next answers; afterwards 200.
    refusals: Mutex<Vec<u16>>,
    silent: AtomicBool,
    rejected: AtomicUsize,
    requests: AtomicUsize,
    spans: Mutex<Vec<otlp::Span>>,
    bodies: Mutex<String>,
}

use std::sync::atomic::{AtomicBool, AtomicUsize};

async fn collector() -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
    let told = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = told.clone();
            let service = service_fn(move |request: Request<Incoming>| take(seen.clone(), request));
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, seen)
}

async fn take(seen: Arc<Seen>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    if seen.silent.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let answer =
        |status: u16, body: &str| Response::builder().status(status).body(Full::from(body.to_owned())).unwrap();
    let (parts, body) = request.into_parts();
    let right = parts.method == Method::POST && parts.uri.path() == "/otlp/v1/traces";
    if !right || parts.headers["content-type"] != "application/json" || parts.headers["api-key"] != "s3cret" {
        return Ok(answer(400, ""));
    }
    let refusal = seen.refusals.lock().unwrap().pop();
    if let Some(status) = refusal {
        return Ok(answer(status, ""));
    }
    let body = body.collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&body).unwrap();
    let request: otlp::Request = match serde_json::from_str(text) {
        Ok(request) => request,
        Err(error) => return Ok(answer(400, &error.to_string())),
    };
    let [resource] = &request.resource_spans[..] else { return Ok(answer(400, "")) };
    assert!(
        resource.resource.attributes.iter().any(|attribute| attribute.key == "service.name"
            && attribute.value == otlp::Value::StringValue("health".to_owned()))
    );
    for scope in &resource.scope_spans {
        assert!(!scope.scope.name.is_empty() && !scope.scope.version.is_empty());
        seen.spans.lock().unwrap().extend(scope.spans.iter().cloned());
    }
    seen.bodies.lock().unwrap().push_str(text);
    let rejected = seen.rejected.load(Ordering::SeqCst);
    Ok(answer(200, &format!(r#"{{"partialSuccess":{{"rejectedSpans":"{rejected}"}}}}"#)))
}

struct Traced {
    server: Server,
    seen: Arc<Seen>,
    metrics: Metrics,
    exporter: Option<Exporter>,
}

async fn traced() -> Traced {
    let (address, seen) = collector().await;
    let mut key = HeaderValue::from_static("s3cret");
    key.set_sensitive(true);
    let options = CollectorOptions {
        address: format!("http://{address}/otlp/v1/traces").parse().unwrap(),
        headers: vec![(HeaderName::from_static("api-key"), key)],
        authorities: None,
        service: "health".to_owned(),
    };
    let metrics = Metrics::new(Arc::new(NoFigures));
    let (spans, exporter) = Spans::new(Collector::new(options).unwrap(), metrics.clone());
    let table = Arc::new(Table::default());
    table.user(WEB, "web-team");
    table.grant("web-team", "storefront-web");
    let inventory = || Inventory { namespaces: vec!["storefront-web".into()], absent: Vec::new() };
    let callers = Callers::by_token_review(table, Vec::new(), inventory);
    let audit = Audit::off().with_spans(spans);
    let (server, _) = serving(whole(), Guard { callers, rate: 0, resource: Resource::default(), audit }).await;
    Traced { server, seen, metrics, exporter: Some(exporter) }
}

impl Traced {
    async fn call(&self, name: &str, arguments: Value, meta: Option<&str>, header: Option<&str>) -> Answer {
        let mut params = json!({"name": name, "arguments": arguments});
        if let Some(meta) = meta {
            params["_meta"] = json!({"traceparent": meta});
        }
        let body = json!({"jsonrpc": "2.0", "id": "q-1", "method": "tools/call", "params": params});
        let bearer = format!("Bearer {WEB}");
        let mut headers = vec![("authorization", bearer.as_str()), ("mcp-protocol-version", "2025-11-25")];
        headers.extend(header.map(|header| ("traceparent", header)));
        self.server.post(body.to_string(), &headers).await
    }

    /// Sends what waits.
    async fn spans(&mut self) -> Vec<otlp::Span> {
        self.exporter.take().unwrap().start().finish(Duration::from_secs(20)).await;
        let spans = self.seen.spans.lock().unwrap().clone();
        assert!(spans.iter().all(otlp::Span::is_well_formed), "{spans:?}");
        spans
    }

    fn count(&self, fate: &str) -> u64 {
        let text = self.metrics.scrape("").unwrap().body;
        let line = format!("cluster_health_spans_total{{fate=\"{fate}\"}} ");
        text.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
    }
}

const MESSAGE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const REQUEST: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_call_is_a_span_on_its_callers_trace() {
    let mut traced = traced().await;
    let arguments = json!({"namespace": "storefront-web", "label_selector": "password=hunter2"});
    traced.call("list-pods", arguments, Some(MESSAGE), Some(REQUEST)).await;
    traced.call("list-pods", json!({"namespace": "no-such"}), None, Some(REQUEST)).await;
    for _ in 0..2 {
        traced.call("get-cluster-health", json!({}), None, None).await;
    }
    traced.call("sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwM", json!({}), None, None).await;
    let spans = traced.spans().await;
    assert_eq!(spans.len(), 5);
    let first = &spans[0];
    assert_eq!((&*first.trace_id, &*first.parent_span_id), (&MESSAGE[3..35], &MESSAGE[36..52]));
    let link = &first.links[0];
    assert_eq!((&*link.trace_id, &*link.span_id), (&REQUEST[3..35], &REQUEST[36..52]));
    assert_eq!(first.name, "tools/call list-pods");
    for (key, value) in [
        ("mcp.method.name", "tools/call"),
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "list-pods"),
        ("jsonrpc.request.id", "q-1"),
        ("mcp.protocol.version", "2025-11-25"),
        ("network.transport", "tcp"),
        ("client.address", "127.0.0.1"),
        ("enduser.id", "web-team"),
        ("cluster_health.outcome", "answered"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(first.text(key), Some(value), "{key}");
    }
    assert!(first.status.is_none() && first.text("error.type").is_none());
    assert!(first.text("gen_ai.tool.call.arguments").unwrap().contains("storefront-web"));
    let refused = &spans[1];
    assert_eq!((&*refused.trace_id, refused.links.len()), (&REQUEST[3..35], 0));
    assert_eq!((refused.text("error.type"), refused.status.as_ref().unwrap().code), (Some("tool_error"), 2));
    // An answer that is given again is a call like any other; without a trace each has its own
    assert_eq!((&*spans[2].name, &*spans[3].name), ("tools/call get-cluster-health", "tools/call get-cluster-health"));
    assert!(spans[2].trace_id != spans[3].trace_id && spans[2].parent_span_id.is_empty());
    // What a caller makes up does not become the name of a span
    assert_eq!(spans[4].name, "tools/call");
    let bodies = traced.seen.bodies.lock().unwrap().clone();
    assert!(!bodies.contains("hunter2") && !bodies.contains("sha256~"), "{bodies}");
    assert_eq!((traced.count("sent"), traced.count("dropped")), (5, 0));
}

#[tokio::test]
async fn a_trace_that_is_not_recorded_stays_so() {
    let mut traced = traced().await;
    traced.call("get-cluster-health", json!({}), Some(&MESSAGE.replace("-01", "-00")), Some(REQUEST)).await;
    traced.call("get-cluster-health", json!({}), Some("nonsense"), Some("nonsense")).await;
    let spans = traced.spans().await;
    assert_eq!(spans.len(), 1);
    assert!(spans[0].parent_span_id.is_empty(), "{spans:?}");
}

#[tokio::test]
async fn a_collector_that_says_later_is_asked_again_and_one_that_says_no_is_not() {
    let mut traced = traced().await;
    let running = traced.exporter.take().unwrap().start();
    *traced.seen.refusals.lock().unwrap() = vec![503];
    traced.call("get-cluster-health", json!({}), None, None).await;
    let until = Instant::now() + Duration::from_secs(20);
    while traced.count("sent") == 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((traced.count("sent"), traced.seen.requests.load(Ordering::SeqCst)), (1, 2));
    *traced.seen.refusals.lock().unwrap() = vec![401];
    traced.call("get-cluster-health", json!({}), None, None).await;
    running.finish(Duration::from_secs(20)).await;
    assert_eq!((traced.count("dropped"), traced.seen.requests.load(Ordering::SeqCst)), (1, 3));
}

#[tokio::test]
async fn what_the_collector_does_not_take_is_counted() {
    let mut traced = traced().await;
    traced.seen.rejected.store(2, Ordering::SeqCst);
    for _ in 0..5 {
        traced.call("get-cluster-health", json!({}), None, None).await;
    }
    traced.spans().await;
    assert_eq!((traced.count("sent"), traced.count("dropped")), (3, 2));
}

#[tokio::test]
async fn a_collector_that_hangs_holds_up_no_answer_and_the_queue_is_bounded() {
    const CALLS: u64 = 2_800;
    let mut traced = traced().await;
    traced.seen.silent.store(true, Ordering::SeqCst);
    let running = traced.exporter.take().unwrap().start();
    let mut slowest = Duration::ZERO;
    for _ in 0..CALLS {
        let asked = Instant::now();
        let answer = traced.call("get-cluster-health", json!({}), None, None).await;
        slowest = slowest.max(asked.elapsed());
        assert_eq!(answer.status, StatusCode::OK);
    }
    // The collector's silence lasts ten seconds
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    assert_eq!(traced.count("sent"), 0);
    let dropped = traced.count("dropped");
    assert!((1..CALLS).contains(&dropped), "{dropped}");
    let stopping = Instant::now();
    running.finish(Duration::from_millis(200)).await;
    assert!(stopping.elapsed() < Duration::from_secs(1));
}
