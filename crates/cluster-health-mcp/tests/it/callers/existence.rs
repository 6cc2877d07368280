//! What does not exist and what one may not see are the same thing on the whole way: the same bytes, and the same questions
//! to the cluster in the same order. Who measures time has then nothing to measure.

use super::*;

/// One that is there and may not be seen, and one that is nowhere; of the same length, so that sizes agree.
const PAIRS: [(&str, &str); 4] = [
    ("storefront-orders", "storefront-nobody"),
    ("orders-api", "orders-xyz"),
    ("orders-db-0", "orders-db-9"),
    ("worker-2", "worker-9"),
];

/// Every way to ask for something by its name, for somebody who sees the namespace storefront-web.
fn questions() -> Vec<(&'static str, Value)> {
    let tool = |name: &str, arguments: Value| ("tools/call", json!({"name": name, "arguments": arguments}));
    let namespace = |namespace: &str| json!({"namespace": namespace});
    let complete = |kind: &str, name: (&str, &str), value: &str| {
        (
            "completion/complete",
            json!({"ref": {"type": kind, name.0: name.1}, "argument": {"name": "namespace", "value": value}}),
        )
    };
    let mut all = Vec::new();
    for name in ["list-findings", "list-pods", "list-incidents", "get-timeline", "calculate-pod-capacity"] {
        all.push(tool(name, namespace("storefront-orders")));
    }
    for id in ["Deployment/storefront-orders/orders-api", "Node/worker-2", "Pod/storefront-orders/orders-db-0"] {
        all.push(tool("explain-incident", json!({"id": id})));
    }
    for (kind, name) in [("Deployment", "orders-api"), ("Pod", "orders-db-0")] {
        for log in [Value::Null, "current".into(), "previous".into()] {
            let mut arguments = json!({"kind": kind, "name": name, "namespace": "storefront-orders"});
            if !log.is_null() {
                arguments["log"] = log;
            }
            all.push(tool("inspect-object", arguments));
        }
        all.push(tool("inspect-object", json!({"kind": kind, "name": name})));
    }
    all.push(tool("inspect-object", json!({"kind": "Node", "name": "worker-2"})));
    all.push(tool("inspect-object", json!({"kind": "Namespace", "name": "storefront-orders"})));
    let scaling = json!({"namespace": "storefront-orders", "deployment": "orders-api", "current_replicas": 1, "target_replicas": 2});
    all.push(tool("analyze-scaling-impact", scaling));
    all.push(("resources/read", json!({"uri": "cluster://namespaces/storefront-orders"})));
    all.push(("prompts/get", json!({"name": "investigate-pods", "arguments": namespace("storefront-orders")})));
    all.push(complete("ref/resource", ("uri", "cluster://namespaces/{namespace}"), "storefront-orders"));
    all.push(complete("ref/prompt", ("name", "investigate-pods"), "storefront-orders"));
    all
}

/// What came back and which questions that cost the cluster.
async fn told(rig: &Rig, (method, params): (&str, &Value)) -> (StatusCode, String, Vec<String>) {
    rig.table.questions.lock().unwrap().clear();
    let answer = ask(&rig.server, Some(WEB), method, params).await;
    let asked = rig.table.questions.lock().unwrap().clone();
    (answer.status, answer.body, asked)
}

#[tokio::test]
async fn what_may_not_be_seen_is_as_absent_as_what_does_not_exist() {
    let rig = rig(whole(), 0).await;
    // Once, so that what may be seen is known
    call(&rig.server, WEB, "get-cluster-health", json!({})).await;
    let mut compared = 0;
    for (method, there) in questions() {
        for (hidden, nowhere) in PAIRS {
            let text = there.to_string();
            if !text.contains(hidden) {
                continue;
            }
            compared += 1;
            let absent: Value = serde_json::from_str(&text.replace(hidden, nowhere)).unwrap();
            let (status, body, asked) = told(&rig, (method, &there)).await;
            let (other_status, other_body, other_asked) = told(&rig, (method, &absent)).await;
            assert_eq!(status, other_status, "{method} {there}");
            assert_eq!(body.replace(hidden, nowhere), other_body, "{method} {there}");
            let asked: Vec<String> = asked.iter().map(|question| question.replace(hidden, nowhere)).collect();
            assert_eq!(asked, other_asked, "{method} {there}");
        }
    }
    assert!(compared >= 25, "{compared}");
}

#[tokio::test]
async fn nothing_is_asked_of_the_cluster_about_what_may_not_be_seen() {
    let rig = rig(whole(), 0).await;
    call(&rig.server, WEB, "get-cluster-health", json!({})).await;
    for (method, there) in questions() {
        let (_, _, asked) = told(&rig, (method, &there)).await;
        assert!(asked.is_empty(), "{method} {there}: {asked:?}");
    }
}
