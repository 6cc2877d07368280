//! The product's prompts over the demo cluster: what they say is what the tools say, at the size of an answer.

use cluster_health::render::ANSWER_BYTES;
use serde_json::{Value, json};

use crate::driver::Server;
use crate::product::{call, demo_server};

/// Every prompt, with arguments that bring out another shape of it.
fn asked() -> Vec<(&'static str, Value)> {
    vec![
        ("check-anomalies", json!({})),
        ("check-anomalies", json!({"namespace": "storefront-orders", "timeframe": "7d"})),
        ("correlate-incidents", json!({})),
        ("correlate-incidents", json!({"severity": "critical", "time_window": "1h"})),
        ("diagnose-cluster-issues", json!({})),
        ("diagnose-cluster-issues", json!({"severity": "critical"})),
        ("investigate-pods", json!({"namespace": "storefront-orders"})),
        ("investigate-pods", json!({"namespace": "storefront-orders", "pod_name": "orders-db-0"})),
        ("optimize-data-access", json!({})),
        ("predict-and-prevent", json!({})),
        ("predict-and-prevent", json!({"timeframe": "6h", "confidence_threshold": "0.8"})),
    ]
}

async fn get(server: &Server, prompt: &str, arguments: &Value) -> Value {
    server.legacy("prompts/get", json!({"name": prompt, "arguments": arguments})).await
}

async fn message(server: &Server, prompt: &str, arguments: &Value) -> String {
    let mut answer = get(server, prompt, arguments).await;
    let mut message = answer["result"]["messages"][0].take();
    assert_eq!(message["role"], "user", "{prompt}: {answer}");
    message["content"]["text"].take().as_str().unwrap_or_else(|| panic!("{prompt}: {answer}")).to_owned()
}

#[tokio::test]
async fn every_prompt_is_listed_and_fits_an_answer() {
    let server = demo_server().await;
    let listed = server.legacy("prompts/list", json!({})).await["result"]["prompts"].take();
    let mut names: Vec<_> = listed.as_array().unwrap().iter().map(|prompt| prompt["name"].as_str().unwrap()).collect();
    for (prompt, arguments) in asked() {
        assert!(names.contains(&prompt), "{prompt} is not in {names:?}");
        let text = message(&server, prompt, &arguments).await;
        assert!(text.len() <= ANSWER_BYTES + 1_000, "{prompt} {arguments}: {} bytes", text.len());
        assert!(text.contains("not seen is unknown"), "{prompt}: {text}");
    }
    names.retain(|name| !asked().iter().any(|(prompt, _)| prompt == name));
    assert!(names.is_empty(), "not asked here: {names:?}");
}

/// A tool that is not offered would send a model on a call that fails.
#[tokio::test]
async fn prompts_send_nobody_to_a_tool_that_is_not_there() {
    const ALL: [&str; 7] = [
        "analyze-anomalies",
        "get-throttled-pods",
        "predict-disk-exhaustion",
        "predict-resource-usage",
        "get-rightsizing-recommendations",
        "create-incident",
        "trigger-remediation",
    ];
    let server = demo_server().await;
    let tools = server.legacy("tools/list", json!({})).await["result"]["tools"].take();
    let offered: Vec<_> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    for (prompt, arguments) in asked() {
        let text = message(&server, prompt, &arguments).await;
        for tool in ALL.iter().filter(|tool| !offered.contains(tool)) {
            assert!(!text.contains(tool), "{prompt} sends to {tool}");
        }
    }
    assert!(message(&server, "check-anomalies", &json!({})).await.contains("PROMETHEUS_URL"));
}

#[tokio::test]
async fn facts_are_what_the_tools_say_at_this_moment() {
    let server = demo_server().await;
    let health = call(&server, "get-cluster-health", json!({})).await;
    let verdict = health["content"][0]["text"].as_str().unwrap().lines().next().unwrap().to_owned();
    assert!(message(&server, "diagnose-cluster-issues", &json!({})).await.contains(&verdict));
    let pods = message(&server, "investigate-pods", &json!({"namespace": "storefront-orders"})).await;
    assert!(pods.contains("CrashLoopBackOff") && !pods.contains("storefront-web"), "{pods}");
    let one = json!({"namespace": "storefront-orders", "pod_name": "orders-db-0"});
    assert!(message(&server, "investigate-pods", &one).await.contains("gp3-csi-fast"));
}

#[tokio::test]
async fn wrong_arguments_are_named_with_what_would_be_right() {
    let server = demo_server().await;
    for (prompt, arguments, part) in [
        ("investigate-pods", json!({}), "missing argument `namespace`"),
        ("investigate-pods", json!({"namespace": "storefront-order"}), "did you mean storefront-orders"),
        ("diagnose-cluster-issues", json!({"severity": "info"}), "one of all, warning, critical"),
        ("predict-and-prevent", json!({"confidence_threshold": "high"}), "a number from 0 to 1"),
        ("optimize-data-access", json!({"x": "1"}), "unknown argument `x`"),
        ("no-such-prompt", json!({}), "known are check-anomalies"),
    ] {
        let error = get(&server, prompt, &arguments).await["error"].take();
        assert_eq!(error["code"], -32602, "{prompt}: {error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{part} missing in {error}");
    }
}

#[tokio::test]
async fn arguments_complete_from_their_choices_and_from_the_cluster() {
    let server = demo_server().await;
    let complete = async |prompt: &str, argument: &str, typed: &str| {
        let reference = json!({"type": "ref/prompt", "name": prompt});
        let parameters = json!({"ref": reference, "argument": {"name": argument, "value": typed}});
        server.legacy("completion/complete", parameters).await
    };
    let values = complete("diagnose-cluster-issues", "severity", "crit").await["result"]["completion"]["values"].take();
    assert_eq!(values, json!(["critical"]));
    let values =
        complete("investigate-pods", "namespace", "storefront-o").await["result"]["completion"]["values"].take();
    assert!(values.as_array().unwrap().contains(&json!("storefront-orders")), "{values}");
    let error = complete("investigate-pods", "color", "").await["error"].take();
    assert!(error["message"].as_str().unwrap().contains("has no argument"), "{error}");
}
