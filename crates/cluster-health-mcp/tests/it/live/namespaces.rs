//! Single namespaces: because nothing else is wanted, or because rights reach no further.

use std::collections::BTreeSet;

use cluster_health::Verdict;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::model::Kind;

use super::*;

async fn two_tenants(behaviour: Behaviour) -> Api {
    let api = small(behaviour).await;
    api.put("namespaces", json!({"metadata": {"name": "y"}}));
    let mut other = pod("other");
    other["metadata"]["namespace"] = json!("y");
    api.put("pods", other);
    api
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    snapshot.cluster.pods.iter().map(|pod| pod.meta.name.to_string()).collect()
}

fn within(names: &[&str]) -> Seen {
    Seen::InNamespaces(Arc::new(names.iter().map(|name| (*name).into()).collect::<BTreeSet<_>>()))
}

#[tokio::test]
async fn namespaces_that_are_named_are_all_that_is_asked_for() {
    for behaviour in [Behaviour::default(), served_in_pages()] {
        let api = two_tenants(behaviour).await;
        let watched = watch_as(&api, hurried(), &api.kubeconfig(), &["y"]).await;
        watched.ready().await;
        let snapshot = watched.until(|snapshot| names(snapshot) == ["other"]).await;
        assert_eq!(*snapshot.cluster.coverage.of(Kind::Pod), within(&["y"]));
        assert_eq!(*snapshot.cluster.coverage.of(Kind::Node), Seen::Complete);
        let server = watched.serve().await;
        let answer = server.legacy("tools/call", json!({"name": "get-cluster-health", "arguments": {}})).await;
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("Only the namespace y was looked at."), "{text}");
        for request in api.asked().recent {
            let path = request.line.split('?').next().unwrap();
            assert!(!path.ends_with("/pods") || path == "GET /api/v1/namespaces/y/pods", "{request:?}");
        }
        let mut another = pod("another");
        another["metadata"]["namespace"] = json!("y");
        api.put("pods", another);
        watched.until(|snapshot| names(snapshot) == ["another", "other"]).await;
        api.delete("pods", "y", "other");
        watched.until(|snapshot| names(snapshot) == ["another"]).await;
    }
}

#[tokio::test]
async fn one_list_a_namespace_does_not_take_what_another_told() {
    let api = two_tenants(served_in_pages()).await;
    let watched = watch_as(&api, hurried(), &api.kubeconfig(), &["x", "y"]).await;
    watched.ready().await;
    watched.until(|snapshot| names(snapshot) == ["a", "b", "c", "other"]).await;
    api.inflict("pods", scale::Fault::Expire);
    api.put("pods", pod("d"));
    watched.until(|snapshot| names(snapshot) == ["a", "b", "c", "d", "other"]).await;
    assert_eq!(*watched.state.snapshot().unwrap().cluster.coverage.of(Kind::Pod), within(&["x", "y"]));
}

#[tokio::test]
async fn rights_in_one_namespace_show_that_namespace_and_no_more() {
    let api = two_tenants(Behaviour { only_in: Some(["x".to_owned()].into()), ..Behaviour::default() }).await;
    let at_home = api.kubeconfig().replace("    user: fake\n", "    user: fake\n    namespace: x\n");
    let watched = watch_as(&api, hurried(), &at_home, &[]).await;
    watched.ready().await;
    let snapshot = watched.until(|snapshot| names(snapshot) == ["a", "b", "c"]).await;
    assert_eq!(*snapshot.cluster.coverage.of(Kind::Pod), within(&["x"]));
    assert_eq!(snapshot.cluster.coverage.unseen(Kind::Node), Some(Reason::Forbidden));
    assert_eq!(snapshot.report.verdict, Verdict::Unknown, "nobody saw the nodes");
    let note = snapshot.notes.iter().find(|note| note.starts_with("rights reach no further than the namespace x: "));
    assert!(note.is_some(), "{:?}", snapshot.notes);
    api.put("pods", pod("d"));
    watched.until(|snapshot| names(snapshot) == ["a", "b", "c", "d"]).await;

    api.behave(|behaviour| behaviour.only_in = None);
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy && snapshot.notes.is_empty()).await;
    watched.until(|snapshot| names(snapshot) == ["a", "b", "c", "d", "other"]).await;

    api.behave(|behaviour| behaviour.only_in = Some(["x".to_owned()].into()));
    api.inflict("*", scale::Fault::End);
    watched.until(|snapshot| *snapshot.cluster.coverage.of(Kind::Pod) == within(&["x"])).await;
    assert_eq!(names(&watched.state.snapshot().unwrap()), ["a", "b", "c", "d"], "what may not be seen is not kept");
}

#[tokio::test]
async fn rights_nowhere_are_forbidden_as_before() {
    let api = two_tenants(Behaviour { only_in: Some(["z".to_owned()].into()), ..Behaviour::default() }).await;
    let at_home = api.kubeconfig().replace("    user: fake\n", "    user: fake\n    namespace: x\n");
    let watched = watch_as(&api, hurried(), &at_home, &[]).await;
    watched.ready().await;
    let snapshot = watched.until(|snapshot| snapshot.cluster.coverage.unseen(Kind::Node).is_some()).await;
    assert_eq!(snapshot.cluster.coverage.unseen(Kind::Pod), Some(Reason::Forbidden));
    assert_eq!(snapshot.report.verdict, Verdict::Unknown);
}
