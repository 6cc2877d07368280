//! The product's own tools and documents, on its own router, over the demo cluster.

use std::sync::Arc;
use std::time::Duration;

use cluster_health::render::ANSWER_BYTES;
use cluster_health_mcp::mcp::{Handler, Surface, documents, prompts, tools};
use cluster_health_mcp::metrics::Metrics;
use cluster_health_mcp::sources::demo;
use cluster_health_mcp::state::{Snapshot, State};
use serde_json::{Value, json};

use crate::clusters::{load, scenario};
use crate::driver::{Server, start};
use crate::migrating::remediating;
use crate::snapshot::{assert_same, repository};

pub(crate) async fn serving(snapshot: Option<Snapshot>) -> Server {
    offering(snapshot, |surface, _| tools::register_models(tools::register(surface))).await
}

/// Without a cluster, with everything that a configuration can add.
pub(crate) async fn complete_server() -> Server {
    offering(None, |surface, state| {
        let surface = tools::register_measured(tools::register_models(tools::register(surface)));
        documents::register_engine(tools::register_engine(surface, state))
    })
    .await
}

async fn offering(snapshot: Option<Snapshot>, tools: fn(Surface<State>, &State) -> Surface<State>) -> Server {
    let state = remediating();
    if let Some(snapshot) = snapshot {
        state.publish(snapshot);
    }
    let metrics = Metrics::new(Arc::new(state.clone()));
    let surface = Surface::new("openshift-cluster-health", "", Duration::from_secs(10), metrics.clone());
    let surface = prompts::register(documents::register(tools(surface, &state)));
    start(Handler::new(Arc::new(surface), state), metrics).await
}

pub(crate) async fn demo_server() -> Server {
    let loaded = demo::load().unwrap();
    serving(Some(Snapshot::new(loaded.cluster, loaded.as_of, "demo", loaded.notes))).await
}

pub(crate) async fn call(server: &Server, tool: &str, arguments: Value) -> Value {
    server.legacy("tools/call", json!({"name": tool, "arguments": arguments})).await["result"].take()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {result}"))
}

async fn definitions(server: &Server) -> Value {
    server.legacy("tools/list", json!({})).await["result"]["tools"].take()
}

/// Calls that bring out every shape of every answer.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("get-cluster-health", json!({})),
        ("get-cluster-health", json!({"include_details": false})),
        ("explain-incident", json!({})),
        ("explain-incident", json!({"id": "Node/worker-2"})),
        ("explain-incident", json!({"id": "Deployment/storefront-orders/orders-api"})),
        ("explain-incident", json!({"id": "pod-image-pull/Deployment/storefront-checkout/checkout-api"})),
        ("list-incidents", json!({})),
        ("list-incidents", json!({"severity": "critical"})),
        ("list-incidents", json!({"namespace": "storefront-orders", "limit": 1})),
        ("list-incidents", json!({"since": "s1006a0b0c0dc0000000aw0000000b"})),
        ("get-cluster-health", json!({"since": "s1006a0b0c0dc0000000aw0000000b"})),
        ("list-findings", json!({"since": "s1006a0b0c0dc0000000aw0000000b"})),
        ("get-timeline", json!({})),
        ("get-timeline", json!({"hours": 8760, "limit": 100})),
        ("get-timeline", json!({"incident": "Deployment/storefront-checkout/checkout-api", "hours": 48})),
        ("get-timeline", json!({"namespace": "storefront-batch"})),
        ("get-upgrade-readiness", json!({})),
        ("get-remediation-recommendations", json!({})),
        ("get-remediation-recommendations", json!({"namespace": "storefront-orders", "include_predictions": false})),
        ("list-incidents", json!({"status": "completed"})),
        ("list-findings", json!({})),
        ("list-findings", json!({"limit": 50})),
        ("list-findings", json!({"severity": "critical", "namespace": "storefront-orders"})),
        ("list-findings", json!({"check": "olm-csv-failed", "kind": "csv"})),
        ("list-findings", json!({"namespace": "storefront-web", "severity": "critical"})),
        ("inspect-object", json!({"kind": "node", "name": "worker-2"})),
        ("inspect-object", json!({"kind": "deploy", "name": "orders-api"})),
        ("inspect-object", json!({"kind": "Pod", "name": "orders-db-0", "namespace": "storefront-orders"})),
        ("inspect-object", json!({"kind": "ClusterVersion", "name": "version"})),
        ("inspect-object", json!({"kind": "quota", "name": "batch-quota"})),
        ("calculate-pod-capacity", json!({})),
        ("calculate-pod-capacity", json!({"pod_profile": "custom", "custom_resources": {"cpu": "1500m"}})),
        (
            "calculate-pod-capacity",
            json!({"namespace": "storefront-batch", "safety_margin": 0, "include_trending": false}),
        ),
        ("calculate-pod-capacity", json!({"namespace": "storefront-orders", "deployment": "orders-api"})),
        (
            "analyze-scaling-impact",
            json!({"namespace": "storefront-orders", "deployment": "orders-api", "target_replicas": 40}),
        ),
        (
            "analyze-scaling-impact",
            json!({"namespace": "storefront-orders", "deployment": "orders-api", "target_replicas": 1, "current_replicas": 9}),
        ),
        ("list-pods", json!({})),
        ("list-pods", json!({"limit": 200})),
        ("list-pods", json!({"namespace": "storefront-orders"})),
        ("list-pods", json!({"only_unhealthy": true, "limit": 3})),
        ("list-pods", json!({"label_selector": "app=nothing-has-this"})),
        ("list-pods", json!({"field_selector": "spec.nodeName=worker-2,status.phase!=Running"})),
    ]
}

#[tokio::test]
async fn the_surface_is_what_was_reviewed() {
    let server = complete_server().await;
    let surface = json!({
        "tools": definitions(&server).await,
        "prompts": server.legacy("prompts/list", json!({})).await["result"]["prompts"],
        "resources": server.legacy("resources/list", json!({})).await["result"]["resources"],
        "templates": server.legacy("resources/templates/list", json!({})).await["result"]["resourceTemplates"],
    });
    let written = serde_json::to_string_pretty(&surface).unwrap() + "\n";
    assert_same(&repository().join("crates/cluster-health-mcp/tests/it/snapshots/surface.json"), &written);
}

#[tokio::test]
async fn the_demos_health_is_what_was_reviewed() {
    let server = demo_server().await;
    let health = call(&server, "get-cluster-health", json!({})).await;
    let folder = repository().join("crates/cluster-health-mcp/tests/it/snapshots");
    assert_same(&folder.join("health.txt"), text(&health));
    let structured = serde_json::to_string_pretty(&health["structuredContent"]).unwrap() + "\n";
    assert_same(&folder.join("health.json"), &structured);
}

#[tokio::test]
async fn answers_satisfy_their_schemas_and_fit() {
    for cluster in ["demo", "healthy", "update-stuck", "kubernetes-plain"] {
        let server = serving(Some(load(&scenario(cluster)))).await;
        let definitions = definitions(&server).await;
        for (tool, arguments) in calls() {
            let definition = definitions.as_array().unwrap().iter().find(|one| one["name"] == tool).unwrap();
            let result = call(&server, tool, arguments.clone()).await;
            assert!(text(&result).len() <= ANSWER_BYTES, "{tool} {arguments}: {} bytes", text(&result).len());
            if result["isError"] == true {
                assert_ne!(cluster, "demo", "{tool} {arguments}: {}", text(&result));
                continue;
            }
            let validator = jsonschema::validator_for(&definition["outputSchema"]).unwrap();
            let errors: Vec<_> = validator.iter_errors(&result["structuredContent"]).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{cluster} {tool} {arguments}: {errors:?}");
            let bytes = result["structuredContent"].to_string().len();
            assert!(bytes <= 3 * ANSWER_BYTES, "{cluster} {tool} {arguments}: {bytes} bytes of structure");
            let again = call(&server, tool, arguments.clone()).await;
            assert_eq!(again, result, "{tool} {arguments}: the same question, another answer");
        }
    }
}

#[tokio::test]
async fn pages_add_up_to_the_whole() {
    let server = demo_server().await;
    for (tool, list, filter) in [
        ("list-pods", "pods", json!({"only_unhealthy": true, "limit": 4})),
        ("list-pods", "pods", json!({"limit": 200})),
        ("list-findings", "findings", json!({"limit": 3})),
        ("list-incidents", "incidents", json!({"limit": 3})),
    ] {
        let mut seen = Vec::new();
        let mut arguments = filter.clone();
        let total = loop {
            let page = call(&server, tool, arguments.clone()).await["structuredContent"].take();
            seen.extend(
                page[list]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| format!("{}/{}/{}", item["namespace"], item["name"], item["id"])),
            );
            match page.get("next_cursor") {
                Some(cursor) => arguments["cursor"] = cursor.clone(),
                None => break page["total"].as_u64().unwrap(),
            }
        };
        assert_eq!(seen.len() as u64, total, "{tool}");
        let pages = seen.clone();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), pages.len(), "{tool}: an item came twice");
    }
}

#[tokio::test]
async fn mistakes_teach_the_correction() {
    let server = demo_server().await;
    for (tool, arguments, words) in [
        ("list-pods", json!({"namespace": "storefront-order"}), &["storefront-order", "storefront-orders"][..]),
        ("list-pods", json!({"label_selector": "a b"}), &["label_selector", "app=web"]),
        ("list-pods", json!({"field_selector": "spec.image=x"}), &["field_selector", "spec.nodeName"]),
        ("list-pods", json!({"cursor": "abc"}), &["cursor", "next_cursor"]),
        ("list-findings", json!({"check": "pod-crashloop"}), &["pod-crashloop", "pod-crash-loop"]),
        ("list-findings", json!({"kind": "Secret"}), &["kind", "Secret", "Pod"]),
        ("inspect-object", json!({"kind": "Node", "name": "worker-20"}), &["worker-20", "worker-2"]),
        ("inspect-object", json!({"kind": "Pod"}), &["missing", "`name`"]),
        ("explain-incident", json!({"id": "Node/worker-3"}), &["Node/worker-3", "Node/worker-2"]),
        ("get-timeline", json!({"incident": "Node/worker-3"}), &["Node/worker-3", "Node/worker-2"]),
        ("get-timeline", json!({"hours": 0}), &["hours", "1"]),
        ("calculate-pod-capacity", json!({"pod_profile": "custom"}), &["custom_resources", "512Mi"]),
        (
            "calculate-pod-capacity",
            json!({"pod_profile": "custom", "custom_resources": {"cpu": "some"}}),
            &["custom_resources.cpu", "some", "250m"],
        ),
        ("calculate-pod-capacity", json!({"deployment": "orders-api"}), &["missing", "`namespace`"]),
        ("calculate-pod-capacity", json!({"namespace": "storefront-order"}), &["storefront-orders"]),
        ("calculate-pod-capacity", json!({"safety_margin": 51}), &["safety_margin", "50"]),
        (
            "analyze-scaling-impact",
            json!({"namespace": "storefront-orders", "deployment": "order-api", "target_replicas": 2}),
            &["order-api", "orders-api"],
        ),
        ("list-incidents", json!({"since": "yesterday"}), &["since", "seen"]),
        ("get-cluster-health", json!({"since": "yesterday"}), &["since", "seen"]),
        ("list-findings", json!({"since": "yesterday"}), &["since", "seen"]),
        ("get-cluster-health", json!({"verbose": true}), &["verbose", "include_details"]),
    ] {
        let result = call(&server, tool, arguments.clone()).await;
        assert_eq!(result["isError"], true, "{tool} {arguments}: {result}");
        for word in words {
            assert!(text(&result).contains(word), "{word} is not in: {}", text(&result));
        }
    }
}

#[tokio::test]
async fn the_first_answer_tells_what_is_new_and_what_was_left_out() {
    let (server, healthy) = (demo_server().await, serving(Some(load(&scenario("healthy")))).await);
    async fn health(server: &Server, arguments: Value) -> Value {
        call(server, "get-cluster-health", arguments).await["structuredContent"].take()
    }
    let (before, after) = (health(&healthy, json!({})).await, health(&server, json!({})).await);
    assert!(before.get("changes").is_none() && before["suppressed"].as_array().is_some_and(|all| !all.is_empty()));
    let news = health(&server, json!({"since": before["seen"]})).await;
    let total = after["incidents"].as_array().unwrap().len() as u64 + after["more_incidents"].as_u64().unwrap();
    assert_eq!((&news["changes"]["new"], &news["changes"]["known"]), (&json!(total), &json!(0)));
    let ids: Vec<_> = after["incidents"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(news["changes"]["incidents"].as_array().unwrap().iter().collect::<Vec<_>>(), ids[..10.min(ids.len())]);
    let known = health(&server, json!({"since": after["seen"]})).await;
    assert_eq!((&known["changes"]["new"], &known["changes"]["known"]), (&json!(0), &json!(total)));
    let findings =
        async |arguments: Value| call(&server, "list-findings", arguments).await["structuredContent"]["total"].take();
    let all = findings(json!({"severity": "warning"})).await;
    assert_eq!(findings(json!({"severity": "warning", "since": after["seen"]})).await, 0);
    assert_eq!(findings(json!({"severity": "warning", "since": before["seen"]})).await, all);
}

#[tokio::test]
async fn what_was_seen_is_known_the_next_time() {
    let server = demo_server().await;
    let first = call(&server, "list-incidents", json!({})).await["structuredContent"].take();
    let again = call(&server, "list-incidents", json!({"since": first["seen"]})).await;
    let changes = &again["structuredContent"]["changes"];
    assert_eq!((&changes["new"], &changes["known"], &changes["gone"]), (&json!(0), &first["total"], &json!(0)));
    let healthy = serving(Some(load(&scenario("healthy")))).await;
    let none = call(&healthy, "list-incidents", json!({})).await["structuredContent"]["seen"].take();
    let all_new = call(&server, "list-incidents", json!({"since": none})).await;
    assert_eq!(all_new["structuredContent"]["changes"]["new"], first["total"]);
    assert!(text(&all_new).contains("1. NEW CRITICAL"), "{}", text(&all_new));
    let gone = call(&healthy, "list-incidents", json!({"since": first["seen"]})).await;
    assert_eq!(gone["structuredContent"]["changes"]["gone"], first["total"]);
}

#[tokio::test]
async fn documents_mirror_the_tools() {
    let server = demo_server().await;
    let read = async |uri: &str| {
        let result = server.legacy("resources/read", json!({"uri": uri})).await["result"].take();
        let text = result["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{uri}: {result}")).to_owned();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let health = call(&server, "get-cluster-health", json!({})).await;
    assert_eq!(read("cluster://health").await, health["structuredContent"]);
    let nodes = read("cluster://nodes").await;
    assert_eq!((nodes["nodes"][0]["name"].as_str(), nodes["ready_nodes"].as_u64()), (Some("worker-2"), Some(6)));
    assert_eq!(read("cluster://checks/node-not-ready").await["findings"][0], "node-not-ready/Node/worker-2");
    assert!(!read("cluster://namespaces/storefront-orders").await["findings"].as_array().unwrap().is_empty());
    for uri in ["cluster://checks/nothing", "cluster://namespaces/nothing", "cluster://secrets"] {
        let error = server.legacy("resources/read", json!({"uri": uri})).await["error"].take();
        assert!(error["message"].as_str().unwrap().contains("no such resource"), "{uri}: {error}");
    }
}

#[tokio::test]
async fn names_are_completed() {
    let server = demo_server().await;
    for (uri, argument, typed, first) in [
        ("cluster://checks/{id}", "id", "node-not", "node-not-ready"),
        ("cluster://namespaces/{namespace}", "namespace", "storefront-or", "storefront-orders"),
    ] {
        let params =
            json!({"ref": {"type": "ref/resource", "uri": uri}, "argument": {"name": argument, "value": typed}});
        let completion = server.legacy("completion/complete", params).await["result"]["completion"].take();
        assert_eq!(completion["values"][0], first, "{completion}");
    }
}

#[tokio::test]
async fn before_the_source_has_loaded_nothing_is_called_healthy() {
    let server = serving(None).await;
    for (tool, arguments) in calls() {
        let result = call(&server, tool, arguments).await;
        assert_eq!(result["isError"], true);
        assert!(text(&result).starts_with("not ready yet"), "{}", text(&result));
    }
}

#[tokio::test]
async fn metrics_tell_the_verdict_and_the_calls() {
    let server = demo_server().await;
    call(&server, "get-cluster-health", json!({})).await;
    let metrics = server.get("/metrics").await.body;
    for line in [
        "cluster_health_verdict{verdict=\"unhealthy\"} 1",
        "cluster_health_tool_calls_total{tool=\"get-cluster-health\",outcome=\"answered\"} 1",
        "cluster_health_source_age_seconds{source=\"demo\"}",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}
