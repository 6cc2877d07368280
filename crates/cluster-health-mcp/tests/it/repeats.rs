//! Answers that are given again until the next snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster_health::{Cluster, Time};
use cluster_health_mcp::http::Repeats;
use cluster_health_mcp::mcp::{Handler, Surface, documents, tools};
use cluster_health_mcp::metrics::Metrics;
use cluster_health_mcp::sources::demo;
use cluster_health_mcp::state::{Snapshot, State};
use serde_json::json;

use crate::driver::{Answer, Server, start_with};

/// A server over a state, and a moment that the test moves on.
async fn serving(state: &State) -> (Server, Arc<AtomicU64>) {
    let metrics = Metrics::new(Arc::new(state.clone()));
    let surface = Surface::new("openshift-cluster-health", "", Duration::from_secs(10), metrics.clone());
    let surface = documents::register(tools::register(surface));
    let moment = Arc::new(AtomicU64::new(state.moment()));
    let told = moment.clone();
    let repeats = Repeats::of(tools::REPEATABLE, move || told.load(Ordering::Relaxed));
    (start_with(Handler::new(Arc::new(surface), state.clone()), metrics, repeats).await, moment)
}

async fn ask(server: &Server, id: &str, arguments: &str, headers: &[(&str, &str)]) -> Answer {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"get-cluster-health","arguments":{arguments}}}}}"#
    );
    let usual = [("mcp-protocol-version", "2025-11-25")];
    server.post(body, &[&usual, headers].concat()).await
}

fn demo_snapshot() -> Snapshot {
    let loaded = demo::load().unwrap();
    Snapshot::new(loaded.cluster, loaded.as_of, "demo", loaded.notes)
}

fn empty_snapshot() -> Snapshot {
    Snapshot::new(Cluster::default(), Time::from_unix(1), "test", Vec::new())
}

#[tokio::test]
async fn the_same_question_has_the_same_bytes_with_its_own_id_until_the_next_snapshot() {
    let state = State::default();
    state.publish(demo_snapshot());
    let (server, moment) = serving(&state).await;
    let first = ask(&server, "1", "{}", &[]).await;
    // The moment stands still, so what was answered before is what is answered
    state.publish(empty_snapshot());
    let again = ask(&server, "\"b\"", "{}", &[]).await;
    assert_eq!(first.body.replacen("\"id\":1,", "\"id\":\"b\",", 1), again.body);
    for header in ["content-type", "x-request-id"] {
        assert!(again.headers.contains_key(header), "{header}");
    }
    moment.store(state.moment(), Ordering::Relaxed);
    let newer = ask(&server, "1", "{}", &[]).await;
    assert_ne!(first.body, newer.body);
    assert_eq!(newer.body, ask(&server, "1", "{}", &[]).await.body);
}

#[tokio::test]
async fn another_question_is_answered_anew() {
    let state = State::default();
    state.publish(demo_snapshot());
    let (server, _) = serving(&state).await;
    let first = ask(&server, "1", "{}", &[]).await;
    state.publish(empty_snapshot());
    let brief = ask(&server, "1", r#"{"include_details":false}"#, &[]).await;
    assert!(brief.json()["result"]["structuredContent"]["source"] == "test");
    let other_era = server.modern("tools/call", "get-cluster-health", json!({"name": "get-cluster-health"})).await;
    assert_eq!(other_era["result"]["structuredContent"]["source"], "test");
    assert_eq!(first.body, ask(&server, "1", "{}", &[]).await.body);
}

#[tokio::test]
async fn refusals_are_not_kept_and_repeats_are_counted() {
    let state = State::default();
    let (server, moment) = serving(&state).await;
    assert_eq!(ask(&server, "1", "{}", &[]).await.json()["result"]["isError"], true);
    state.publish(demo_snapshot());
    assert_eq!(ask(&server, "1", "{}", &[]).await.json()["result"]["isError"], false);
    moment.store(1, Ordering::Relaxed);
    assert_eq!(ask(&server, "1", r#"{"x":1}"#, &[]).await.json()["result"]["isError"], true);
    for id in 1..=5 {
        ask(&server, &id.to_string(), "{}", &[]).await;
    }
    let metrics = server.get("/metrics").await.body;
    let count = r#"tool_calls_total{tool="get-cluster-health",outcome="answered"} 6"#;
    assert!(metrics.contains(count), "{metrics}");
}
