use cluster_health::change::Change;
use cluster_health::model::alert::State;
use cluster_health::{Cluster, Index};

use super::*;

const ALERTS: &str = r#"[
    {"labels": {"alertname": "KubeNodeNotReady", "namespace": "openshift-monitoring", "node": "w1", "severity": "warning",
                "prometheus": "openshift-monitoring/k8s", "openshift_io_alert_source": "platform"},
     "annotations": {"summary": "Node is not ready.", "runbook_url": "https://example.com"},
     "startsAt": "2026-11-18T11:45:00.123Z", "endsAt": "2026-11-18T12:04:00Z", "fingerprint": "0a", "receivers": [{"name": "Default"}],
     "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []}},
    {"labels": {"alertname": "KubeAPIDown", "severity": "critical"}, "annotations": {}, "startsAt": "2026-11-18T11:50:00Z",
     "status": {"state": "suppressed", "silencedBy": ["3f2a"], "inhibitedBy": []}}]"#;

const RULES: &str = r#"{"status": "success", "data": {"groups": [{"name": "node", "rules": [
    {"type": "alerting", "name": "KubeNodeNotReady", "state": "firing", "alerts": [
        {"labels": {"alertname": "KubeNodeNotReady", "namespace": "openshift-monitoring", "node": "w1", "severity": "warning"},
         "annotations": {}, "state": "firing", "activeAt": "2026-11-18T11:30:00.5Z", "value": "1e+00"},
        {"labels": {"alertname": "KubeNodeNotReady", "node": "w2"}, "state": "pending", "activeAt": "2026-11-18T11:59:00Z", "value": "1"}]},
    {"type": "recording", "name": "a:b", "query": "1"}]}]}}"#;

fn cluster(batch: Batch) -> Cluster {
    let mut index = Index::default();
    batch.objects.into_iter().for_each(|object| index.apply(Change::Apply(object)));
    index.into_cluster()
}

fn told(heard: Heard) -> Batch {
    match heard {
        Heard::Told(batch) => batch,
        other => panic!("{other:?}"),
    }
}

fn away() -> Away {
    Away::Credentials { service: NAME }
}

#[test]
fn an_alert_is_the_same_from_whoever_tells_of_it() {
    let names = |read: Read| -> Vec<String> {
        read.batch(None).objects.iter().map(|object| format!("{:?}", object.key())).collect()
    };
    let of_alertmanager = names(alertmanager::alerts(ALERTS.as_bytes()).unwrap());
    let of_prometheus = names(rules::alerts(RULES.as_bytes()).unwrap());
    assert_eq!(of_prometheus.len(), 1);
    assert!(of_alertmanager.contains(&of_prometheus[0]), "{of_alertmanager:?} {of_prometheus:?}");
    let long = r#"[{"labels": {"alertname": "AlertmanagerReceiversNotConfigured"}, "status": {"state": "active"}}]"#;
    let name = &names(alertmanager::alerts(long.as_bytes()).unwrap())[0];
    assert_eq!(cluster_health::redact::redact(name), *name, "a name that passes for a secret is shown nowhere");
}

#[test]
fn alertmanager_says_what_is_silenced_and_prometheus_since_when() {
    let read = || (alertmanager::alerts(ALERTS.as_bytes()).unwrap(), rules::alerts(RULES.as_bytes()).unwrap());
    let (of_alertmanager, of_prometheus) = read();
    let batch = told(together(Some(Ok(of_alertmanager)), Some(Ok(of_prometheus))));
    assert_eq!(batch.gap, None);
    let cluster = cluster(batch);
    let alerts: Vec<_> = cluster.alerts.iter().collect();
    assert_eq!((alerts[0].state, alerts[0].is_silenced(), &*alerts[0].rule), (State::Suppressed, true, "KubeAPIDown"));
    assert_eq!(alerts[1].since.unwrap().to_string(), "2026-11-18T11:30:00Z");
    assert_eq!(alerts[1].text.as_deref(), Some("Node is not ready."));
}

#[test]
fn what_is_not_known_is_said() {
    let of_prometheus = || rules::alerts(RULES.as_bytes()).unwrap();
    let batch = told(together(Some(Err(away())), Some(Ok(of_prometheus()))));
    assert!(batch.gap.unwrap().starts_with("whether they are silenced is not known: Alertmanager"));
    assert_eq!(told(together(None, Some(Ok(of_prometheus())))).gap, None);
    assert!(matches!(together(Some(Err(away())), None), Heard::Away(_)));
    assert!(matches!(together(Some(Err(away())), Some(Err(away()))), Heard::Away(_)));
    assert!(matches!(together(None, None), Heard::NotConfigured));
}

#[test]
fn lies_are_not_believed_and_one_does_not_cost_the_rest() {
    for lie in ["", "{}", "<html>", "null", r#"{"alerts": []}"#, "[1"] {
        assert!(alertmanager::alerts(lie.as_bytes()).is_err(), "{lie}");
        assert!(silences(lie.as_bytes()).is_err(), "{lie}");
        assert!(rules::alerts(lie.as_bytes()).is_err(), "{lie}");
    }
    assert!(rules::alerts(br#"{"status": "error", "data": {"groups": []}}"#).is_err());
    let many: Vec<String> = (0..200).map(|number| format!(r#""l{number}": "x""#)).collect();
    let many = format!(r#"{{"labels": {{{}}}, "status": {{"state": "active"}}}}"#, many.join(","));
    let elsewhere = r#"{"labels": {"alertname": "x", "namespace": "a b"}, "status": {"state": "active"}}"#;
    let body = ALERTS.replacen('[', &format!("[1, {{\"labels\": 5}}, {many}, {elsewhere}, "), 1);
    let batch = alertmanager::alerts(body.as_bytes()).unwrap().batch(None);
    assert_eq!(batch.objects.len(), 2);
    assert!(batch.gap.unwrap().starts_with("4 alerts could not be read"));
}

#[test]
fn a_huge_label_hides_nothing() {
    let huge = format!(
        r#"[{{"labels": {{"a": "{}", "alertname": "x"}}, "status": {{"state": "active"}}}}]"#,
        "é".repeat(20_000)
    );
    let cluster = cluster(alertmanager::alerts(huge.as_bytes()).unwrap().batch(None));
    let alert = cluster.alerts.iter().next().unwrap();
    assert_eq!((&*alert.rule, alert.meta.labels.get("a").unwrap().len()), ("x", 512));
}

#[test]
fn replicas_count_once_and_the_worst_of_too_many_are_kept() {
    let one = |severity: &str, number: usize, replica: u8| {
        format!(
            r#"{{"labels": {{"alertname": "x", "number": "{number}", "severity": "{severity}", "prometheus_replica": "{replica}"}}, "status": {{"state": "active"}}}}"#
        )
    };
    let twice = format!("[{}, {}]", one("warning", 1, 0), one("warning", 1, 1));
    assert_eq!(alertmanager::alerts(twice.as_bytes()).unwrap().batch(None).objects.len(), 1);
    let mut many: Vec<String> = (0..5_100).map(|number| one("warning", number, 0)).collect();
    many.push(one("critical", 9_999, 0));
    let batch = alertmanager::alerts(format!("[{}]", many.join(",")).as_bytes()).unwrap().batch(None);
    assert!(batch.gap.as_ref().unwrap().starts_with("101 alerts"), "{:?}", batch.gap);
    let cluster = cluster(batch);
    assert!(cluster.alerts.iter().any(|alert| alert.meta.labels.get("number").is_some_and(|number| *number == "9999")));
}

#[test]
fn silences_that_ended_are_left_out() {
    let silence = |id: &str, state: &str| {
        format!(
            r#"{{"id": "{id}", "status": {{"state": "{state}"}}, "startsAt": "2026-11-18T00:00:00Z", "endsAt": "2026-11-19T00:00:00Z",
               "updatedAt": "2026-11-18T00:00:00Z", "comment": "night", "createdBy": "ann",
               "matchers": [{{"name": "alertname", "value": "x", "isRegex": false, "isEqual": true}}]}}"#
        )
    };
    let body =
        format!("[{}, {}, {}]", silence("a", "active"), silence("b", "expired"), silence("not a name", "active"));
    let batch = silences(body.as_bytes()).unwrap();
    assert_eq!((batch.objects.len(), batch.gap.is_some()), (1, true));
    let cluster = cluster(batch);
    let silence = cluster.silences.get("", "a").unwrap();
    assert_eq!((silence.active, silence.matchers.as_deref()), (true, Some("alertname=\"x\"")));
}
