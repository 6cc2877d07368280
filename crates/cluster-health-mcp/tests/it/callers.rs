//! One server, callers with different rights: who is refused and how, and that nobody learns of what they may not see.

mod existence;
mod front_proxy;
mod notifications;
mod passed_token;
pub(crate) mod reviews;
mod revoked;
mod spans;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cluster_health::model::Kind;
use cluster_health::name::Name;
use cluster_health::visibility::{Allowed, Visibility};
use cluster_health_mcp::audit::Audit;
use cluster_health_mcp::callers::{Callers, Inventory, Oidc, OidcOptions, Reviews};
use cluster_health_mcp::http::{Guard, Repeats, Resource};
use cluster_health_mcp::mcp::{Handler, Resource as _, Surface, documents, prompts, tools};
use cluster_health_mcp::metrics::Metrics;
use cluster_health_mcp::sources::demo;
use cluster_health_mcp::state::{Snapshot, State};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use self::reviews::{Lines, Table};
use crate::driver::{Answer, Server, start_guarded};
use crate::hostile::issuer::{AUDIENCE, Issuer};

const ADMIN: &str = "sha256~admin";
const WEB: &str = "sha256~web";
const ORDERS: &str = "sha256~orders";

struct Rig {
    server: Server,
    table: Arc<Table>,
    audit: Lines,
    state: State,
}

fn whole() -> Snapshot {
    let loaded = demo::load().unwrap();
    Snapshot::new(loaded.cluster, loaded.as_of, "demo", Vec::new())
}

/// What is left for who may see one namespace, as a cluster of its own.
fn part(namespace: &str) -> Snapshot {
    let loaded = demo::load().unwrap();
    let mut sees = Visibility::nothing();
    for &kind in Kind::ALL {
        sees = sees.with(kind, Allowed::In([Name::from(namespace)].into()));
    }
    Snapshot::new(loaded.cluster.visible_to(&sees), loaded.as_of, "demo", Vec::new())
}

async fn rig(snapshot: Snapshot, rate: u32) -> Rig {
    rig_that_believes_for(Duration::from_secs(45), snapshot, rate).await
}

/// Answers about callers count for this long.
async fn rig_that_believes_for(kept: Duration, snapshot: Snapshot, rate: u32) -> Rig {
    let (table, audit) = (Arc::new(Table::default()), Lines::default());
    table.user(ADMIN, "admin");
    table.grant("admin", "");
    table.user(WEB, "web-team");
    table.grant("web-team", "storefront-web");
    table.user(ORDERS, "system:serviceaccount:storefront-orders:bot");
    table.grant("system:serviceaccount:storefront-orders:bot", "storefront-orders");
    let names = snapshot.cluster.namespaces.iter().map(|namespace| namespace.meta.name.clone());
    let namespaces: Vec<Name> = names.collect();
    let inventory = move || Inventory { namespaces: namespaces.clone(), absent: Vec::new() };
    let callers = Callers::by_token_review_kept_for(kept, table.clone(), Vec::new(), inventory);
    let guard = Guard { callers, rate, resource: Resource::default(), audit: Audit::to(audit.clone()) };
    let (server, state) = serving(snapshot, guard).await;
    Rig { server, table, audit, state }
}

async fn serving(snapshot: Snapshot, guard: Guard) -> (Server, State) {
    let (state, metrics, handler) = handler(snapshot);
    let moments = state.clone();
    let repeats = Repeats::of(tools::REPEATABLE, move || moments.moment());
    (start_guarded(handler, metrics, repeats, guard).await, state)
}

fn handler(snapshot: Snapshot) -> (State, Metrics, Handler<State>) {
    let state = State::default();
    state.publish(snapshot);
    let metrics = Metrics::new(Arc::new(state.clone()));
    let surface = Surface::new("openshift-cluster-health", "", Duration::from_secs(10), metrics.clone());
    let surface = prompts::register(documents::register(tools::register(surface)));
    let surface = surface.notify(documents::health::Health::URI, state.changes());
    let handler = Handler::new(Arc::new(surface), state.clone());
    (state, metrics, handler)
}

async fn ask(server: &Server, token: Option<&str>, method: &str, params: &Value) -> Answer {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("mcp-protocol-version", "2025-11-25")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    server.post(body, &headers).await
}

async fn call(server: &Server, token: &str, tool: &str, arguments: Value) -> Value {
    let answer = ask(server, Some(token), "tools/call", &json!({"name": tool, "arguments": arguments})).await;
    answer.json()["result"].take()
}

/// Everything that can be asked, with the names of somebody else's things in it too.
fn questions() -> Vec<(&'static str, Value)> {
    let tool = |name: &str, arguments: Value| ("tools/call", json!({"name": name, "arguments": arguments}));
    let complete = |uri: &str, argument: &str, value: &str| {
        let params =
            json!({"ref": {"type": "ref/resource", "uri": uri}, "argument": {"name": argument, "value": value}});
        ("completion/complete", params)
    };
    let mut all = vec![
        tool("get-cluster-health", json!({})),
        tool("get-cluster-health", json!({"include_details": false})),
        tool("explain-incident", json!({})),
        tool("explain-incident", json!({"id": "Node/worker-2"})),
        tool("explain-incident", json!({"id": "Deployment/storefront-orders/orders-api"})),
        tool("list-incidents", json!({})),
        tool("list-incidents", json!({"since": "s1006a0b0c0dc0000000aw0000000b"})),
        tool("get-timeline", json!({"hours": 8760, "limit": 100})),
        tool("get-upgrade-readiness", json!({})),
        tool("list-findings", json!({"limit": 50})),
        tool("list-pods", json!({"limit": 200})),
        tool("list-pods", json!({"field_selector": "spec.nodeName=worker-2"})),
        tool("list-pods", json!({"limit": 1})),
        tool("inspect-object", json!({"kind": "Node", "name": "worker-2"})),
        tool("inspect-object", json!({"kind": "Deployment", "name": "orders-api"})),
        tool(
            "inspect-object",
            json!({"kind": "Pod", "name": "orders-db-0", "namespace": "storefront-orders", "log": "current"}),
        ),
        complete("cluster://namespaces/{namespace}", "namespace", ""),
        complete("cluster://namespaces/{namespace}", "namespace", "storefront"),
        complete("cluster://checks/{id}", "id", "pod"),
        (
            "completion/complete",
            json!({
                "ref": {"type": "ref/prompt", "name": "investigate-pods"},
                "argument": {"name": "namespace", "value": "storefront"}
            }),
        ),
        ("resources/list", json!({})),
        ("prompts/list", json!({})),
        ("tools/list", json!({})),
    ];
    for namespace in ["storefront-orders", "storefront-web", "openshift-etcd", "no-such-namespace"] {
        all.push(tool("list-findings", json!({"namespace": namespace})));
        all.push(tool("list-incidents", json!({"namespace": namespace})));
        all.push(tool("list-pods", json!({"namespace": namespace})));
        all.push(tool("get-timeline", json!({"namespace": namespace})));
        all.push(("resources/read", json!({"uri": format!("cluster://namespaces/{namespace}")})));
        all.push(("prompts/get", json!({"name": "investigate-pods", "arguments": {"namespace": namespace}})));
    }
    for prompt in ["diagnose-cluster-issues", "correlate-incidents", "predict-and-prevent", "optimize-data-access"] {
        all.push(("prompts/get", json!({"name": prompt})));
    }
    for uri in ["health", "nodes", "incidents", "checks/node-not-ready", "checks/pod-image-pull"] {
        all.push(("resources/read", json!({"uri": format!("cluster://{uri}")})));
    }
    all
}

#[tokio::test]
async fn a_tenant_is_told_what_a_cluster_of_its_own_would_tell_to_the_byte() {
    let rig = rig(whole(), 0).await;
    for (token, namespace) in [(WEB, "storefront-web"), (ORDERS, "storefront-orders")] {
        let (alone, _) = serving(part(namespace), Guard::open()).await;
        for (method, params) in questions() {
            let told = ask(&rig.server, Some(token), method, &params).await;
            let expected = ask(&alone, None, method, &params).await;
            assert_eq!((told.status, told.body), (expected.status, expected.body), "{namespace}: {method} {params}");
        }
    }
}

#[tokio::test]
async fn three_callers_get_three_answers_from_one_server() {
    let rig = rig(whole(), 0).await;
    let mut pods = Vec::new();
    for token in [ADMIN, WEB, ORDERS] {
        let health = call(&rig.server, token, "get-cluster-health", json!({})).await;
        pods.push(health["structuredContent"]["pods"]["total"].as_u64().unwrap());
        let text = health["content"][0]["text"].as_str().unwrap();
        // A part that looks well is unknown, never healthy
        assert_ne!(health["structuredContent"]["status"], "healthy", "{text}");
        assert_eq!(text.contains("nodes (forbidden)"), token != ADMIN, "not told what was not seen: {text}");
    }
    assert!(pods[0] > pods[1] + pods[2] && pods[1] != pods[2] && pods[1] > 0, "{pods:?}");
}

#[tokio::test]
async fn a_page_of_somebody_else_cannot_be_turned() {
    let rig = rig(whole(), 0).await;
    let first = call(&rig.server, ADMIN, "list-pods", json!({"limit": 60})).await;
    let cursor = first["structuredContent"]["next_cursor"].as_str().unwrap();
    let next = call(&rig.server, WEB, "list-pods", json!({"limit": 60, "cursor": cursor})).await;
    for pod in next["structuredContent"]["pods"].as_array().into_iter().flatten() {
        assert_eq!(pod["namespace"], "storefront-web");
    }
}

#[tokio::test]
async fn asking_again_costs_the_cluster_nothing_and_the_server_no_work() {
    let rig = rig(whole(), 0).await;
    for token in [ADMIN, WEB] {
        let first = ask(&rig.server, Some(token), "tools/call", &json!({"name": "get-cluster-health"})).await;
        let before = rig.table.asked.load(Ordering::SeqCst);
        for _ in 0..20 {
            let again = ask(&rig.server, Some(token), "tools/call", &json!({"name": "get-cluster-health"})).await;
            assert_eq!(again.body, first.body);
        }
        assert_eq!(rig.table.asked.load(Ordering::SeqCst), before);
    }
}

#[tokio::test]
async fn a_kept_answer_is_given_only_to_who_may_see_the_same() {
    let rig = rig(whole(), 0).await;
    let question = json!({"name": "get-cluster-health"});
    let admin = ask(&rig.server, Some(ADMIN), "tools/call", &question).await;
    let web = ask(&rig.server, Some(WEB), "tools/call", &question).await;
    assert_ne!(admin.body, web.body);
    rig.table.user("sha256~web-2", "another-of-web");
    rig.table.grant("another-of-web", "storefront-web");
    assert_eq!(ask(&rig.server, Some("sha256~web-2"), "tools/call", &question).await.body, web.body);
}

#[tokio::test]
async fn who_is_not_known_is_told_what_to_send() {
    let rig = rig(whole(), 0).await;
    let question = json!({"name": "get-cluster-health"});
    for (token, status, challenge) in [
        (None, StatusCode::UNAUTHORIZED, r#"Bearer realm="openshift-cluster-health""#),
        (Some("wrong"), StatusCode::UNAUTHORIZED, r#"error="invalid_token""#),
    ] {
        let answer = ask(&rig.server, token, "tools/call", &question).await;
        assert_eq!(answer.status, status);
        let told = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(told.contains(challenge) && !told.contains("resource_metadata"), "{told}");
        // Advice that reads like a secret would be taken out
        assert!(answer.body.contains("token") && !answer.body.contains("(redacted)"), "{}", answer.body);
    }
    for path in ["/", "/mcp/", "/metrics"] {
        assert_eq!(rig.server.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/livez", "/readyz", "/health"] {
        assert_eq!(rig.server.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(rig.server.get("/.well-known/oauth-protected-resource").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn while_the_cluster_is_away_nobody_new_is_let_in() {
    let rig = rig(whole(), 0).await;
    rig.table.away.store(true, Ordering::SeqCst);
    let answer = ask(&rig.server, Some(ADMIN), "tools/call", &json!({"name": "get-cluster-health"})).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "5");
    assert!(answer.body.contains("API server"), "{}", answer.body);
}

#[tokio::test]
async fn figures_need_the_right_to_their_path() {
    let rig = rig(whole(), 0).await;
    rig.table.user("p", "prometheus");
    rig.table.path("prometheus", "/metrics");
    for (token, status) in [("p", StatusCode::OK), (WEB, StatusCode::FORBIDDEN), ("x", StatusCode::UNAUTHORIZED)] {
        let request =
            Request::get("/metrics").header("host", "localhost").header("authorization", format!("Bearer {token}"));
        assert_eq!(rig.server.send(request.body(Default::default()).unwrap()).await.status, status, "{token}");
    }
}

#[tokio::test]
async fn one_callers_flood_is_answered_429_and_others_are_served() {
    let rig = rig(whole(), 5).await;
    let question = json!({"name": "get-cluster-health"});
    let mut refused = 0;
    for _ in 0..40 {
        let answer = ask(&rig.server, Some(WEB), "tools/call", &question).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused += 1;
            assert!(answer.headers.contains_key("retry-after") && answer.body.contains("429"), "{}", answer.body);
        }
    }
    assert!(refused > 0);
    assert_eq!(ask(&rig.server, Some(ORDERS), "tools/call", &question).await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_is_written_down_who_asked_what() {
    let rig = rig(whole(), 0).await;
    let arguments = json!({"namespace": "storefront-web", "label_selector": "password=hunter2"});
    call(&rig.server, WEB, "list-pods", arguments).await;
    call(&rig.server, WEB, "get-cluster-health", json!({})).await;
    call(&rig.server, WEB, "get-cluster-health", json!({})).await;
    call(&rig.server, WEB, "list-pods", json!({"namespace": "theirs"})).await;
    ask(&rig.server, Some("wrong"), "tools/call", &json!({"name": "list-pods"})).await;
    let lines = rig.audit.all();
    assert_eq!(lines.len(), 5, "{lines:?}");
    let first = &lines[0]["audit"];
    assert_eq!((&first["who"], &first["name"]), (&json!("web-team"), &json!("list-pods")));
    assert_eq!((&first["status"], &first["from"]), (&json!(200), &json!("127.0.0.1")));
    assert!(first["took_us"].is_u64() && first["request_id"].is_string(), "{first}");
    let outcomes: Vec<_> = lines.iter().map(|line| line["audit"]["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes[1..], ["answered", "answered", "refused", "refused"]);
    let text = format!("{lines:?}");
    assert!(!text.contains("hunter2") && !text.contains("sha256~"), "{text}");
}

#[tokio::test]
async fn a_trace_is_found_in_the_audit_log() {
    let rig = rig(whole(), 0).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get-cluster-health"}});
    let bearer = format!("Bearer {WEB}");
    rig.server.post(body.to_string(), &[("authorization", &bearer), ("traceparent", trace)]).await;
    assert_eq!(rig.audit.all()[0]["audit"]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn a_new_snapshot_is_seen_by_tenants_too() {
    let rig = rig(whole(), 0).await;
    let before = call(&rig.server, WEB, "list-pods", json!({})).await;
    assert_ne!(before["structuredContent"]["total"], 0);
    rig.state.publish(Snapshot::new(Default::default(), cluster_health::Time::from_unix(1), "demo", Vec::new()));
    // A part is worked out again when its share of the processor allows
    for _ in 0..400 {
        let health = call(&rig.server, WEB, "get-cluster-health", json!({"include_details": false})).await;
        if health["structuredContent"]["pods"]["total"] == 0 {
            return;
        }
        rig.state.publish(Snapshot::new(Default::default(), cluster_health::Time::from_unix(1), "demo", Vec::new()));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the old part is still shown");
}

#[tokio::test]
async fn with_an_issuer_clients_learn_where_tokens_come_from() {
    let issuer = Issuer::start().await;
    let options = OidcOptions {
        issuer: issuer.address.clone(),
        audiences: vec![AUDIENCE.to_owned()],
        username_claim: "sub".to_owned(),
        username_prefix: Some("oidc:".to_owned()),
        groups_claim: "groups".to_owned(),
        groups_prefix: String::new(),
        ca_file: None,
    };
    let table = Arc::new(Table::default());
    table.grant("oidc:ann", "storefront-web");
    let inventory = || Inventory { namespaces: vec!["storefront-web".into()], absent: Vec::new() };
    let callers = Callers::by_oidc(Oidc::new(options).unwrap(), Some((table as Arc<dyn Reviews>, inventory)));
    let resource = Resource { origin: Some("https://health.example.com".to_owned()), tls: false };
    let (server, _) = serving(whole(), Guard { callers, rate: 0, resource, audit: Audit::off() }).await;

    let refused = ask(&server, None, "tools/list", &json!({})).await;
    let challenge = refused.headers["www-authenticate"].to_str().unwrap();
    let address = "https://health.example.com/.well-known/oauth-protected-resource/mcp";
    assert!(challenge.contains(&format!("resource_metadata=\"{address}\"")), "{challenge}");
    let metadata = server.get("/.well-known/oauth-protected-resource/mcp").await.json();
    assert_eq!(metadata["resource"], "https://health.example.com/mcp");
    assert_eq!(metadata["authorization_servers"], json!([issuer.address]));

    let pods = call(&server, &issuer.token("ann"), "list-pods", json!({"limit": 200})).await;
    let rows = pods["structuredContent"]["pods"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["namespace"] == "storefront-web"));
    let stranger = call(&server, &issuer.token("ben"), "list-pods", json!({})).await;
    assert!(stranger["content"][0]["text"].as_str().unwrap().contains("forbidden"), "{stranger}");
    for token in [issuer.stale(), issuer.for_others()] {
        assert_eq!(ask(&server, Some(&token), "tools/list", &json!({})).await.status, StatusCode::UNAUTHORIZED);
    }
}
