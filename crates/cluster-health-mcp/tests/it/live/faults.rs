//! Watches that end, break, forget, lie or say nothing. Afterwards the model equals a fresh list.

use std::time::Duration;

use cluster_health::Verdict;
use hyper::body::Bytes;
use scale::Fault;

use super::*;

async fn followed() -> Watched {
    let api = small(Behaviour { bookmarks_every: Duration::from_millis(100), ..Behaviour::default() }).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    watched.same_pods().await;
    watched
}

#[tokio::test]
async fn changes_come_through() {
    let watched = followed().await;
    watched.api.put("pods", pod("a"));
    watched.api.put("pods", pod("d"));
    watched.api.delete("pods", "x", "b");
    watched.same_pods().await;
    assert_eq!(watched.metric("objects{kind=\"pods\"}"), 3.0);
    assert_eq!(watched.metric("watch_following{kind=\"pods\"}"), 1.0);
    assert_eq!(watched.metric("watch_relists_total{kind=\"pods\"}"), 0.0);
}

#[tokio::test]
async fn after_every_fault_the_model_is_what_a_list_would_say() {
    for fault in [
        Fault::End,
        Fault::Cut,
        Fault::Expire,
        Fault::Silence,
        Fault::Garbage(Bytes::from_static(b"<html>no\n")),
        Fault::Garbage(Bytes::from_static(b"{\"type\":\"MODIFIED\",\"object\":{\"metadata\":")),
        Fault::Garbage(Bytes::from_static(b"{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcd\"}}\n")),
    ] {
        let watched = followed().await;
        watched.api.inflict("pods", fault.clone());
        watched.api.put("pods", pod("d"));
        watched.api.delete("pods", "x", "a");
        watched.api.put("pods", pod("b"));
        watched.same_pods().await;
        watched.until(|_| watched.metric("watch_restarts_total{kind=\"pods\"}") >= 1.0).await;
        let relists = watched.metric("watch_relists_total{kind=\"pods\"}");
        assert_eq!(relists > 0.0, matches!(fault, Fault::Expire), "{fault:?}: {relists} relists");
        watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    }
}

#[tokio::test]
async fn what_vanished_while_nobody_looked_is_gone_after_the_next_list() {
    for watch_list in [true, false] {
        let watched = followed().await;
        watched.api.behave(|behaviour| behaviour.watch_list = watch_list);
        watched.api.forget_everything();
        watched.api.put("pods", pod("z"));
        watched.api.inflict("*", Fault::Expire);
        watched.same_pods().await;
        let snapshot = watched.until(|snapshot| snapshot.cluster.nodes.is_empty()).await;
        assert_eq!(snapshot.cluster.pods.len(), 1);
        watched.until(|snapshot| snapshot.report.verdict == Verdict::Unknown).await;
    }
}

#[tokio::test]
async fn answers_that_tell_to_wait_are_obeyed() {
    let watched = followed().await;
    let refusal = scale::Refusal { status: 429, retry_after_seconds: Some(1), times: 2 };
    watched.api.behave(|behaviour| behaviour.refusals.extend([("pods".to_owned(), refusal)]));
    watched.api.inflict("pods", Fault::Cut);
    watched.api.put("pods", pod("d"));
    watched.same_pods().await;
}
