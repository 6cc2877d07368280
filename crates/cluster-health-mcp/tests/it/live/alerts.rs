//! Alerts beside the cluster: with Alertmanager and Prometheus well, away, slow, forbidding, lying or not configured.

use std::sync::Mutex;
use std::time::Instant;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cluster_health::Verdict;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::model::Kind;
use cluster_health_mcp::args::MonitoringAccess;
use cluster_health_mcp::integrations::{Access, Monitoring};

use super::*;
use crate::measured::listening;
use crate::product::call;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    Well,
    Forbidden,
    Page,
    WrongTypes,
    Broken,
    Slow,
}

/// Both services, in one place.
#[derive(Clone)]
struct Told {
    alertmanager: Arc<Mutex<Manner>>,
    prometheus: Arc<Mutex<Manner>>,
    alerts: Arc<Mutex<Vec<Value>>>,
    silences: Arc<Mutex<Vec<Value>>>,
}

impl Told {
    fn new(alerts: Vec<Value>) -> Self {
        Self {
            alertmanager: Arc::new(Mutex::new(Manner::Well)),
            prometheus: Arc::new(Mutex::new(Manner::Well)),
            alerts: Arc::new(Mutex::new(alerts)),
            silences: Arc::default(),
        }
    }

    async fn start(&self) -> String {
        async fn alerts(Shared(told): Shared<Told>) -> Response {
            let alerts = told.alerts.lock().unwrap().clone();
            let manner = *told.alertmanager.lock().unwrap();
            answer(manner, json!(alerts)).await
        }
        async fn silences(Shared(told): Shared<Told>) -> Response {
            let silences = told.silences.lock().unwrap().clone();
            let manner = *told.alertmanager.lock().unwrap();
            answer(manner, json!(silences)).await
        }
        async fn rules(Shared(told): Shared<Told>) -> Response {
            let manner = *told.prometheus.lock().unwrap();
            let active = |alert: &Value| json!({"labels": alert["labels"], "annotations": {}, "state": "firing", "activeAt": "2026-01-01T00:00:00Z", "value": "1"});
            let alerts: Vec<Value> = told.alerts.lock().unwrap().iter().map(active).collect();
            let group = json!({"name": "all", "rules": [{"type": "alerting", "alerts": alerts}]});
            answer(manner, json!({"status": "success", "data": {"groups": [group]}})).await
        }
        let router = Router::new()
            .route("/api/v2/alerts", get(alerts))
            .route("/api/v2/silences", get(silences))
            .route("/api/v1/rules", get(rules));
        listening(router.with_state(self.clone())).await
    }

    fn behaves(&self, manner: Manner) {
        *self.alertmanager.lock().unwrap() = manner;
        *self.prometheus.lock().unwrap() = manner;
    }
}

async fn answer(manner: Manner, well: Value) -> Response {
    match manner {
        Manner::Well => well.to_string().into_response(),
        Manner::Forbidden => (StatusCode::FORBIDDEN, "Forbidden").into_response(),
        Manner::Page => "<html>Log in</html>".into_response(),
        Manner::WrongTypes => json!({"status": 7, "data": []}).to_string().into_response(),
        Manner::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "out of memory").into_response(),
        Manner::Slow => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            "late".into_response()
        }
    }
}

fn alert(labels: Value) -> Value {
    json!({"labels": labels, "annotations": {"summary": "Call 555 now."}, "startsAt": "2026-01-01T00:10:00Z",
           "endsAt": "2036-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:10:00Z", "fingerprint": "f", "receivers": [],
           "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}})
}

fn of_node() -> Value {
    alert(json!({"alertname": "KubeNodeNotReady", "severity": "warning", "node": "n", "namespace": "kube-system"}))
}

fn of_namespace() -> Value {
    alert(json!({"alertname": "OrdersFail", "severity": "critical", "namespace": "x"}))
}

fn asked(alertmanager: Option<&str>, prometheus: Option<&str>) -> Alerts {
    let access = |url: &str| Access { url: url.parse().unwrap(), token: None, authority: None };
    let access = MonitoringAccess { prometheus: prometheus.map(access), alertmanager: alertmanager.map(access) };
    Monitoring::new(&access).unwrap().alerts()
}

async fn watched(alerts: Alerts) -> Watched {
    let api = small(Behaviour::default()).await;
    watch_told(&api, hurried(), &api.kubeconfig(), &[], alerts).await
}

fn alerts_seen(snapshot: &Snapshot) -> &Seen {
    snapshot.cluster.coverage.of(Kind::Alert)
}

#[tokio::test]
async fn what_fires_is_a_finding_and_what_ends_is_gone() {
    let told = Told::new(vec![of_node(), of_namespace()]);
    let url = told.start().await;
    let watched = watched(asked(Some(&url), Some(&url))).await;
    let both = watched.until(|snapshot| snapshot.report.findings.len() == 2).await;
    let ids: Vec<&str> = both.report.findings.iter().map(|finding| &*finding.id).collect();
    assert_eq!(ids, ["monitoring-alert-firing/Node/n", "monitoring-alert-firing/Namespace/x"]);
    assert_eq!(both.report.counts.critical, 0, "a tenant calls it critical");
    let since = both.report.findings[0].since.as_ref().unwrap().at.to_string();
    assert_eq!(since, "2026-01-01T00:00:00Z", "Prometheus knows since when");
    assert_eq!((alerts_seen(&both), both.notes.len()), (&Seen::Complete, 0));

    let server = watched.serve().await;
    let name = both.cluster.alerts.in_namespace("x").next().unwrap().meta.name.to_string();
    let looked = call(&server, "inspect-object", json!({"kind": "Alert", "namespace": "x", "name": name})).await;
    let text = looked["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("OrdersFail") && text.contains("untrusted") && text.contains("Call 555"), "{text}");

    let mut silenced = of_node();
    silenced["status"] = json!({"state": "suppressed", "silencedBy": ["3f2a"], "inhibitedBy": []});
    *told.alerts.lock().unwrap() = vec![silenced];
    *told.silences.lock().unwrap() = vec![json!({"id": "3f2a", "status": {"state": "active"}, "matchers": [],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2036-01-01T00:00:00Z", "createdBy": "ann", "comment": "later"})];
    let quiet =
        watched.until(|snapshot| snapshot.cluster.silences.len() == 1 && snapshot.cluster.alerts.len() == 1).await;
    let ids: Vec<&str> = quiet.report.findings.iter().map(|finding| &*finding.id).collect();
    assert_eq!(ids, ["monitoring-silence-lasting/Silence/3f2a"]);
    assert_eq!(quiet.report.verdict, Verdict::Healthy);
}

#[tokio::test]
async fn what_is_not_heard_any_more_is_not_kept_as_if_it_were_so() {
    let told = Told::new(vec![of_node()]);
    let url = told.start().await;
    let watched = watched(asked(Some(&url), Some(&url))).await;
    watched.until(|snapshot| snapshot.cluster.alerts.len() == 1).await;
    for (manner, reason, words) in [
        (Manner::Forbidden, Reason::Forbidden, "monitoring-alertmanager-view"),
        (Manner::Page, Reason::Failed, "something else than its API"),
        (Manner::WrongTypes, Reason::Failed, "something else than its API"),
    ] {
        told.behaves(manner);
        let blind = watched.until(|snapshot| snapshot.cluster.coverage.unseen(Kind::Alert) == Some(reason)).await;
        assert!(blind.cluster.alerts.is_empty() && blind.report.findings.is_empty(), "{manner:?}");
        assert!(blind.report.coverage.kinds.iter().any(|gap| gap.kind == Kind::Alert), "{manner:?}");
        assert!(blind.report.coverage.checks_blind.iter().any(|check| check.check == "monitoring-alert-firing"));
        let blind = watched.until(|snapshot| snapshot.notes.iter().any(|note| note.contains(words))).await;
        assert_eq!(blind.report.verdict, Verdict::Healthy, "the cluster itself is well: {manner:?}");
        told.behaves(Manner::Well);
        watched.until(|snapshot| snapshot.cluster.alerts.len() == 1 && snapshot.notes.is_empty()).await;
    }
}

#[tokio::test]
async fn a_slow_or_broken_one_makes_no_answer_wait() {
    for manner in [Manner::Slow, Manner::Broken] {
        let told = Told::new(vec![of_node()]);
        told.behaves(manner);
        let url = told.start().await;
        let watched = watched(asked(Some(&url), None)).await;
        watched.until(|snapshot| snapshot.cluster.pods.len() == 3).await;
        let server = watched.serve().await;
        let began = Instant::now();
        call(&server, "get-cluster-health", json!({})).await;
        assert!(began.elapsed() < Duration::from_secs(1), "{manner:?}: {:?}", began.elapsed());
        let away = watched.until(|snapshot| snapshot.notes.iter().any(|note| note.contains("Alertmanager"))).await;
        assert!(away.cluster.coverage.unseen(Kind::Alert).is_some(), "{manner:?}");
        watched.ready().await;
    }
}

#[tokio::test]
async fn prometheus_stands_in_and_what_it_does_not_know_is_said() {
    let told = Told::new(vec![of_node()]);
    let url = told.start().await;
    let alone = watched(asked(None, Some(&url))).await;
    let seen = alone.until(|snapshot| snapshot.cluster.alerts.len() == 1).await;
    assert_eq!(*alerts_seen(&seen), Seen::Complete);
    assert_eq!(seen.cluster.coverage.unseen(Kind::Silence), Some(Reason::NotConfigured));

    *told.alertmanager.lock().unwrap() = Manner::Forbidden;
    let both = watched(asked(Some(&url), Some(&url))).await;
    let seen = both.until(|snapshot| snapshot.cluster.alerts.len() == 1).await;
    let Seen::Partial { why } = alerts_seen(&seen) else { panic!("{:?}", alerts_seen(&seen)) };
    assert!(why.contains("whether they are silenced is not known"), "{why}");
    assert_eq!(seen.report.verdict, Verdict::Degraded);
}

#[tokio::test]
async fn without_monitoring_nothing_is_missing() {
    let watched = watched(Alerts::default()).await;
    watched.ready().await;
    let seen = watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    assert_eq!(seen.cluster.coverage.unseen(Kind::Alert), Some(Reason::NotConfigured));
    assert!(seen.notes.is_empty() && seen.report.coverage.kinds.is_empty(), "{:?}", seen.report.coverage);
}

#[tokio::test]
async fn where_some_namespaces_are_looked_at_so_are_their_alerts() {
    let told = Told::new(vec![of_node(), of_namespace()]);
    let url = told.start().await;
    let api = small(Behaviour::default()).await;
    let watched = watch_told(&api, hurried(), &api.kubeconfig(), &["x"], asked(Some(&url), None)).await;
    let seen = watched.until(|snapshot| snapshot.cluster.alerts.len() == 1).await;
    assert_eq!(*alerts_seen(&seen), Seen::InNamespaces(Arc::new(["x".into()].into())));
}
