//! All that the predecessor had, with every service it asks well, and with each of them away, slow, lying or forbidding:
//! each question is answered within five seconds, with what is known and what is not.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cluster_health_mcp::args::MonitoringAccess;
use cluster_health_mcp::integrations::{Access, Monitoring};
use cluster_health_mcp::mcp::tools;
use cluster_health_mcp::state::Snapshot;
use serde_json::{Value, json};

use crate::clusters::{load, scenario};
use crate::driver::Server;
use crate::engine::double::{self, Engine, engine};
use crate::engine::{ADMIN, agreed, ask, call, incident, serving, text, trigger};
use crate::measured::{Manner, fake};
use crate::poison;

/// Far above the server's own limits, which end before an assistant gives up, for a machine that has other work; far below
/// the minute that slow doubles take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The demonstration cluster, with a model that is served.
fn snapshot(models: bool) -> Snapshot {
    let source = scenario("demo");
    let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-18T03:00:00Z"});
    let model = json!({
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": "fraud", "namespace": "storefront-orders", "uid": "1", "resourceVersion": "1"},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}},
        "status": {"conditions": [ready], "url": "http://fraud.example.com"}
    });
    let folder = poison::copy(&source, if models { vec![model] } else { Vec::new() }, &mut |_| None);
    let Snapshot { cluster, report, .. } = load(Path::new(folder.path()));
    Snapshot::new(cluster, report.as_of, "demo", Vec::new())
}

async fn world(models: bool, prometheus: &str, engine: &str) -> Server {
    let access = Access { url: prometheus.parse().unwrap(), token: None, authority: None };
    let monitoring =
        Monitoring::new(&MonitoringAccess { prometheus: Some(access), ..MonitoringAccess::default() }).unwrap();
    let (server, _) = serving(snapshot(models), Some(engine), |surface, state| {
        state.monitor(monitoring);
        tools::register_measured(tools::register_models(surface))
    })
    .await;
    server
}

/// A place where nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[derive(Clone, Copy, PartialEq)]
enum Of {
    Cluster,
    Prometheus,
    Models,
    Engine,
}

/// The fifteen.
fn calls() -> Vec<(Of, &'static str, Value)> {
    let orders = json!({"namespace": "storefront-orders"});
    let scaling = json!({"namespace": "storefront-orders", "deployment": "orders-api", "target_replicas": 4});
    vec![
        (Of::Cluster, "get-cluster-health", json!({})),
        (Of::Cluster, "list-pods", orders.clone()),
        (Of::Cluster, "calculate-pod-capacity", json!({})),
        (Of::Cluster, "analyze-scaling-impact", scaling),
        (Of::Cluster, "list-incidents", json!({})),
        (Of::Cluster, "get-remediation-recommendations", json!({})),
        (Of::Models, "list-models", json!({})),
        (Of::Models, "get-model-status", json!({"model_name": "fraud"})),
        (Of::Prometheus, "analyze-anomalies", json!({"metric": "cpu_usage"})),
        (Of::Prometheus, "predict-resource-usage", json!({})),
        (Of::Prometheus, "get-throttled-pods", json!({})),
        (Of::Prometheus, "predict-disk-exhaustion", json!({})),
        (Of::Prometheus, "get-rightsizing-recommendations", orders),
        (Of::Engine, "create-incident", incident("storefront-orders")),
        (Of::Engine, "trigger-remediation", trigger("Deployment", "orders-api", "pod_crash")),
    ]
}

const DOCUMENTS: [&str; 4] =
    ["cluster://health", "cluster://nodes", "cluster://incidents", "cluster://remediation-history"];

const PROMPTS: [&str; 6] = [
    "check-anomalies",
    "correlate-incidents",
    "diagnose-cluster-issues",
    "investigate-pods",
    "optimize-data-access",
    "predict-and-prevent",
];

/// What each question was answered with. All at once, as an assistant may.
async fn everything(server: &Arc<Server>) -> Vec<(Of, String, Value)> {
    let mut asked = Vec::new();
    let mut spawn = |of: Of, what: String, server: Arc<Server>, method: &'static str, params: Value| {
        asked.push(tokio::spawn(async move {
            let started = Instant::now();
            let answer = match (method, of) {
                ("tools/call", Of::Engine) => {
                    let name = params["name"].as_str().unwrap().to_owned();
                    agreed(&server, ADMIN, &name, params["arguments"].clone()).await
                }
                _ => ask(&server, ADMIN, method, params).await,
            };
            assert!(started.elapsed() < PATIENCE, "{what} took {:?}", started.elapsed());
            (of, what, answer)
        }));
    };
    for (of, tool, arguments) in calls() {
        let params = json!({"name": tool, "arguments": arguments});
        spawn(of, tool.to_owned(), server.clone(), "tools/call", params);
    }
    for uri in DOCUMENTS {
        spawn(Of::Cluster, uri.to_owned(), server.clone(), "resources/read", json!({"uri": uri}));
    }
    for prompt in PROMPTS {
        let arguments =
            if prompt == "investigate-pods" { json!({"namespace": "storefront-orders"}) } else { json!({}) };
        let params = json!({"name": prompt, "arguments": arguments});
        spawn(Of::Cluster, prompt.to_owned(), server.clone(), "prompts/get", params);
    }
    let mut answers = Vec::new();
    for one in asked {
        answers.push(one.await.unwrap());
    }
    answers
}

/// Every answer is one, and says what `away` did not; what does not need it is answered as ever.
fn judge(world: &str, away: Option<Of>, answers: &[(Of, String, Value)]) {
    assert_eq!(answers.len(), 25);
    for (of, what, answer) in answers {
        let written = answer.to_string();
        assert!(!answer.is_null(), "{world}: {what} is an error of the protocol");
        assert!(
            !written.contains("internal error") && !written.contains("REQUEST_TIMEOUT"),
            "{world}: {what}: {written}"
        );
        assert!(!written.contains("<script>"), "{world}: {what}: {written}");
        let refused = answer["isError"] == true;
        if Some(*of) == away {
            assert!(refused, "{world}: {what} pretends: {written}");
            let said = text(answer);
            let reasons = ["cannot be told", "cannot be answered", "was not done"];
            assert!(reasons.iter().any(|reason| said.contains(reason)), "{world}: {what}: {said}");
        } else {
            assert!(!refused, "{world}: {what} is not answered: {written}");
        }
        let engine = [
            "list-incidents",
            "get-remediation-recommendations",
            "cluster://incidents",
            "cluster://remediation-history",
        ];
        if engine.contains(&&**what) {
            let silent = written.contains("not_seen\\\":[]") || written.contains("not_seen\":[]");
            let told = written.contains("Coordination Engine");
            assert!(
                told || away != Some(Of::Engine),
                "{world}: {what} does not say that the engine is away: {written}"
            );
            assert!(!silent || away != Some(Of::Engine), "{world}: {what}: {written}");
        }
    }
}

#[tokio::test]
async fn with_everything_well_everything_is_answered() {
    let (prometheus, _) = fake(Manner::Well).await;
    let (url, engine): (String, Engine) = engine(double::Manner::Well).await;
    engine.held().models = true;
    let server = Arc::new(world(true, &prometheus, &url).await);
    let listed = async |method: &str, field: &str| ask(&server, ADMIN, method, json!({})).await[field].take();
    let tools = listed("tools/list", "tools").await;
    assert!(calls().iter().all(|(_, name, _)| tools.as_array().unwrap().iter().any(|tool| tool["name"] == *name)));
    judge("all well", None, &everything(&server).await);
    assert_eq!(engine.held().acted, ["restart Deployment storefront-orders/orders-api"]);
}

#[tokio::test]
async fn without_models_the_rest_is_answered() {
    let (prometheus, _) = fake(Manner::Well).await;
    let (url, _) = engine(double::Manner::Well).await;
    let server = Arc::new(world(false, &prometheus, &url).await);
    judge("no models", Some(Of::Models), &everything(&server).await);
}

#[tokio::test]
async fn whatever_prometheus_does_everything_is_answered_in_time() {
    let (url, _) = engine(double::Manner::Well).await;
    let mut worlds = vec![("away".to_owned(), nobody().await)];
    for manner in [Manner::Slow, Manner::WrongTypes, Manner::Page, Manner::Huge, Manner::Forbidden, Manner::Broken] {
        worlds.push((format!("{manner:?}"), fake(manner).await.0));
    }
    for (manner, prometheus) in worlds {
        let server = Arc::new(world(true, &prometheus, &url).await);
        judge(&format!("Prometheus {manner}"), Some(Of::Prometheus), &everything(&server).await);
    }
    // What is no number is no measurement, which may be an answer too
    let (prometheus, _) = fake(Manner::NoNumbers).await;
    let server = Arc::new(world(true, &prometheus, &url).await);
    for (of, what, answer) in everything(&server).await {
        let written = answer.to_string();
        assert!(!written.contains("NaN") && !written.contains("Infinity") && !answer.is_null(), "{what}: {written}");
        assert!(of == Of::Prometheus || answer["isError"] != true, "{what}: {written}");
    }
}

#[tokio::test]
async fn whatever_the_engine_does_everything_is_answered_in_time() {
    use double::Manner::{Broken, Forbidden, Huge, NoNumbers, Page, Slow, Unauthorized, WrongTypes};
    let (prometheus, _) = fake(Manner::Well).await;
    let mut worlds = vec![("away".to_owned(), nobody().await)];
    for manner in [Slow, WrongTypes, NoNumbers, Page, Huge, Unauthorized, Forbidden, Broken] {
        worlds.push((format!("{manner:?}"), engine(manner).await.0));
    }
    for (manner, url) in worlds {
        let server = Arc::new(world(true, &prometheus, &url).await);
        judge(&format!("engine {manner}"), Some(Of::Engine), &everything(&server).await);
        let health = call(&server, ADMIN, "get-cluster-health", json!({})).await;
        assert_eq!(health["structuredContent"]["status"], "unhealthy");
    }
}
