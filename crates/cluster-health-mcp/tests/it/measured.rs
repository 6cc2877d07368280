//! The tools that ask Prometheus, with a Prometheus that answers, lies, forbids, dawdles or is not there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cluster_health_mcp::args::MonitoringAccess;
use cluster_health_mcp::http::Repeats;
use cluster_health_mcp::integrations::{Access, Monitoring};
use cluster_health_mcp::mcp::{Handler, Surface, tools};
use cluster_health_mcp::metrics::Metrics;
use cluster_health_mcp::sources::demo;
use cluster_health_mcp::state::{Snapshot, State};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

use crate::driver::{Server, start_within};
use crate::product::call;

/// How the fake Prometheus behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    Well,
    Empty,
    NoNumbers,
    WrongTypes,
    Page,
    Huge,
    Forbidden,
    Broken,
    Slow,
}

#[derive(Clone, Default)]
pub(crate) struct Counted {
    asked: Arc<AtomicUsize>,
    tokens: Arc<std::sync::Mutex<Vec<String>>>,
}

fn parameter(query: &str, name: &str) -> i64 {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// Every series has the labels that some tool looks at; values fall by a tenth of what is left at the end, each day.
fn good(query: &str, number: &dyn Fn(f64) -> String) -> Value {
    let labels = json!({"instance": "worker-1", "device": "/dev/sda", "mountpoint": "/var", "namespace": "storefront-orders",
        "pod": "orders-db-0", "container": "postgres", "persistentvolumeclaim": "data-orders-db-0"});
    let at = parameter(query, "time");
    if at > 0 {
        let value = match query {
            query if query.contains("query=count") => 3.0,
            query if query.contains("_size_bytes") || query.contains("_capacity_bytes") => 1e10,
            _ => 0.6,
        };
        return json!({"resultType": "vector", "result": [{"metric": labels, "value": [at, number(value)]}]});
    }
    let (start, end, step) = (parameter(query, "start"), parameter(query, "end"), parameter(query, "step"));
    let value = |at: i64| 1e9 + 1e8 * (end - at) as f64 / 86_400.0;
    let values: Vec<Value> =
        (0..=(end - start) / step).map(|n| start + n * step).map(|at| json!([at, number(value(at))])).collect();
    json!({"resultType": "matrix", "result": [{"metric": labels, "values": values}]})
}

async fn answer(manner: Manner, query: String) -> Response {
    let success = |data: Value| json!({"status": "success", "data": data}).to_string().into_response();
    match manner {
        Manner::Well => success(good(&query, &|value| value.to_string())),
        Manner::Empty => success(json!({"resultType": "vector", "result": []})),
        Manner::NoNumbers => {
            let words = ["NaN", "+Inf", "-Inf"];
            let count = AtomicUsize::new(0);
            success(good(&query, &|_| words[count.fetch_add(1, Ordering::Relaxed) % 3].to_owned()))
        }
        Manner::WrongTypes => {
            success(json!({"resultType": "vector", "result": [{"metric": {"pod": 7}, "value": ["x", 1]}]}))
        }
        Manner::Page => "<html><body>Log in to <script>continue</script></body></html>".into_response(),
        Manner::Huge => {
            let megabyte = axum::body::Bytes::from(vec![b' '; 1 << 20]);
            Body::from_stream(futures_util::stream::iter(
                (0..64).map(move |_| Ok::<_, std::io::Error>(megabyte.clone())),
            ))
            .into_response()
        }
        Manner::Forbidden => (StatusCode::FORBIDDEN, "Forbidden (user=system:serviceaccount:x:y)").into_response(),
        Manner::Broken => {
            (StatusCode::INTERNAL_SERVER_ERROR, r#"{"status":"error","error":"out of memory"}"#).into_response()
        }
        Manner::Slow => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            "late".into_response()
        }
    }
}

pub(crate) async fn fake(manner: Manner) -> (String, Counted) {
    let counted = Counted::default();
    let handler = {
        let counted = counted.clone();
        move |RawQuery(query): RawQuery, headers: HeaderMap| {
            counted.asked.fetch_add(1, Ordering::Relaxed);
            let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
            counted.tokens.lock().unwrap().push(token.to_owned());
            answer(manner, query.unwrap_or_default())
        }
    };
    let router = Router::new().route("/api/v1/query", get(handler.clone())).route("/api/v1/query_range", get(handler));
    (listening(router).await, counted)
}

/// Serves until the test ends; the answer is where.
pub(crate) async fn listening(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(router.clone());
            let builder = hyper::server::conn::http1::Builder::new();
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
        }
    });
    format!("http://{address}")
}

async fn serving(url: &str, token: Option<&std::path::Path>) -> Server {
    let state = State::default();
    let loaded = demo::load().unwrap();
    state.publish(Snapshot::new(loaded.cluster, loaded.as_of, "demo", loaded.notes));
    let access = Access { url: url.parse().unwrap(), token: token.map(Into::into), authority: None };
    let access = MonitoringAccess { prometheus: Some(access), ..MonitoringAccess::default() };
    state.monitor(Monitoring::new(&access).unwrap());
    let metrics = Metrics::new(Arc::new(state.clone()));
    let surface = Surface::new("test", "", Duration::from_secs(10), metrics.clone());
    let surface = tools::register_measured(tools::register(surface));
    let patience = Duration::from_secs(10);
    start_within(patience, Handler::new(Arc::new(surface), state), metrics, Repeats::default()).await
}

fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("calculate-pod-capacity", json!({})),
        ("calculate-pod-capacity", json!({"namespace": "storefront-orders"})),
        ("predict-disk-exhaustion", json!({})),
        ("predict-disk-exhaustion", json!({"node": "worker-1", "mountpoint": "/var"})),
        ("predict-disk-exhaustion", json!({"namespace": "storefront-orders"})),
        ("get-throttled-pods", json!({})),
        (
            "get-throttled-pods",
            json!({"namespace": "storefront-orders", "deployment": "orders-api", "threshold_pct": 50}),
        ),
        ("get-rightsizing-recommendations", json!({"namespace": "storefront-orders"})),
        (
            "get-rightsizing-recommendations",
            json!({"namespace": "storefront-orders", "pod": "orders-db-0", "window": "30d"}),
        ),
        ("predict-resource-usage", json!({})),
        (
            "predict-resource-usage",
            json!({"namespace": "storefront-orders", "metric": "memory_usage", "target_time": "08:00"}),
        ),
        ("analyze-anomalies", json!({"metric": "cpu_usage"})),
        (
            "analyze-anomalies",
            json!({"metric": "memory_usage", "time_range": "7d", "label_selector": "app=orders-api", "threshold": 0}),
        ),
    ]
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {result}"))
}

#[tokio::test]
async fn measured_answers_satisfy_their_schemas() {
    let (url, _) = fake(Manner::Well).await;
    let server = serving(&url, None).await;
    let definitions = server.legacy("tools/list", json!({})).await["result"]["tools"].take();
    for (tool, arguments) in calls() {
        let definition = definitions.as_array().unwrap().iter().find(|one| one["name"] == tool).unwrap();
        let result = call(&server, tool, arguments.clone()).await;
        assert_ne!(result["isError"], true, "{tool} {arguments}: {}", text(&result));
        let validator = jsonschema::validator_for(&definition["outputSchema"]).unwrap();
        let errors: Vec<_> = validator.iter_errors(&result["structuredContent"]).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{tool} {arguments}: {errors:?}");
        assert_eq!(result["structuredContent"]["status"], "success", "{tool} {arguments}: {result}");
    }
    let disks = call(&server, "predict-disk-exhaustion", json!({"node": "worker-1"})).await;
    // A tenth of a gigabyte a day, and one gigabyte left: ten days.
    let days = disks["structuredContent"]["results"][0]["days_until_full"].as_f64().unwrap();
    assert!((days - 10.0).abs() < 0.1, "{days}");
}

#[tokio::test]
async fn without_an_answer_the_reason_is_told() {
    for (manner, words) in [
        (Manner::Empty, &["no"][..]),
        (Manner::NoNumbers, &["no"]),
        (Manner::WrongTypes, &["something else than its API"]),
        (Manner::Page, &["something else than its API"]),
        (Manner::Huge, &["larger than 16 MiB", "ask about less"]),
        (Manner::Forbidden, &["forbids it", "cluster-monitoring-view"]),
        (Manner::Broken, &["500", "out of memory"]),
    ] {
        let (url, _) = fake(manner).await;
        let server = serving(&url, None).await;
        for (tool, arguments) in calls().into_iter().step_by(2) {
            let result = call(&server, tool, arguments.clone()).await;
            let found = text(&result);
            for word in words {
                assert!(found.contains(word), "{manner:?} {tool}: {word} is not in: {found}");
            }
            let invented = result["structuredContent"].to_string();
            assert!(!invented.contains("projected_full_date\":\"2"), "{manner:?} {tool}: {invented}");
            assert!(!found.contains("<script>"), "{manner:?} {tool}: {found}");
        }
    }
}

#[tokio::test]
async fn a_slow_one_is_not_waited_for_and_an_absent_one_is_left_alone() {
    let (url, _) = fake(Manner::Slow).await;
    let server = Arc::new(serving(&url, None).await);
    let asked = calls().into_iter().map(|(tool, arguments)| {
        let server = server.clone();
        tokio::spawn(async move { (tool, call(&server, tool, arguments).await) })
    });
    for one in asked.collect::<Vec<_>>() {
        let (tool, result) = one.await.unwrap();
        assert!(text(&result).contains("did not answer within 4s"), "{tool}: {}", text(&result));
    }
    // Nobody listens on this port any more
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = serving(&url, None).await;
    for n in 0..7 {
        let result = call(&server, "analyze-anomalies", json!({"metric": "cpu_usage"})).await;
        let expected = if n < 5 { "cannot be reached: connection refused" } else { "left alone for another" };
        assert!(text(&result).contains(expected), "{n}: {}", text(&result));
    }
}

#[tokio::test]
async fn a_token_is_shown_as_the_file_has_it_and_a_failure_is_tried_once_more() {
    let (url, counted) = fake(Manner::Well).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "sha256~one\n").unwrap();
    let server = serving(&url, Some(&file)).await;
    call(&server, "analyze-anomalies", json!({"metric": "cpu_usage"})).await;
    assert_eq!(*counted.tokens.lock().unwrap(), ["Bearer sha256~one"]);
    assert_eq!(counted.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_callers_write_is_checked_first() {
    let (url, counted) = fake(Manner::Well).await;
    let server = serving(&url, None).await;
    for (tool, arguments, word) in [
        ("predict-disk-exhaustion", json!({"node": "a\"} or vector(1) #"}), "node"),
        ("get-throttled-pods", json!({"namespace": "nope"}), "namespace"),
        ("get-throttled-pods", json!({"pod": "orders-db-0"}), "namespace"),
        ("get-throttled-pods", json!({"namespace": "storefront-orders", "pod": "x\"y"}), "pod"),
        ("analyze-anomalies", json!({"metric": "up"}), "cpu_usage"),
        (
            "analyze-anomalies",
            json!({"metric": "cpu_usage", "namespace": "storefront-orders", "pod": "a", "deployment": "orders-api"}),
            "only one of",
        ),
        ("predict-resource-usage", json!({"scope": "pod"}), "scope"),
    ] {
        let result = call(&server, tool, arguments.clone()).await;
        assert_eq!(result["isError"], true, "{tool} {arguments}");
        assert!(text(&result).contains(word), "{tool} {arguments}: {}", text(&result));
    }
    assert_eq!(counted.asked.load(Ordering::Relaxed), 0);
    let odd = call(&server, "predict-disk-exhaustion", json!({"mountpoint": "/a\"}\\ or vector(1)"})).await;
    assert_ne!(odd["isError"], true, "{}", text(&odd));
}
