//! What is asked at the start, and what is made of the answers.

use cluster_health::Verdict;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::model::Kind;
use scale::{Behaviour, Population, Refusal, Setup};
use serde_json::json;

use super::*;

#[tokio::test]
async fn each_kind_is_listed_once_and_no_answer_asks_again() {
    let streamed = Behaviour { bookmarks_every: Duration::from_millis(100), ..Behaviour::default() };
    for behaviour in [streamed, served_in_pages()] {
        let streams = behaviour.watch_list;
        let api = small(behaviour).await;
        // What is not served is asked for again, and so is what is silent; but not while this looks
        let timing = Timing { recheck: Duration::from_secs(600), quiet: Duration::from_secs(60), ..calm() };
        let watched = watch(&api, timing).await;
        watched.ready().await;
        watched.same_pods().await;
        let server = watched.serve().await;
        // A stream is list and watch in one; where it is refused, a list, a watch on trial and a watch follow
        let (lists, watches) = if streams { (0, 1) } else { (1, 3) };
        let before = at_rest(&api, watches).await;
        for _ in 0..20 {
            for tool in ["get-cluster-health", "list-findings", "list-pods"] {
                let answer = server.legacy("tools/call", json!({"name": tool, "arguments": {}})).await;
                assert_eq!(answer["result"]["isError"], false, "{answer}");
            }
        }
        let asked = api.asked();
        assert_eq!(asked.requests(), before.requests());
        for plural in ["pods", "nodes", "deployments", "routes"] {
            assert_eq!(asked.of(&format!("list {plural}")).requests, lists, "{plural}: {:?}", asked.by_sort);
            assert_eq!(asked.of(&format!("watch {plural}")).requests, watches, "{plural}: {:?}", asked.by_sort);
        }
        assert_eq!(watched.state.snapshot().unwrap().report.verdict, Verdict::Healthy);
    }
}

/// Without the requests that show whether anybody is there.
fn calm() -> Timing {
    Timing { pulse: Duration::from_secs(600), ..hurried() }
}

/// What had been asked when nothing more was: every watch stands.
async fn at_rest(api: &Api, watches: u64) -> scale::Asked {
    let mut before = api.asked();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = api.asked();
        let watched = now.by_sort.iter().filter(|(sort, _)| sort.starts_with("watch "));
        if watched.map(|(_, count)| count.requests).all(|requests| requests >= watches)
            && now.requests() == before.requests()
        {
            return now;
        }
        before = now;
    }
}

#[tokio::test]
async fn requests_say_who_asks_and_never_limit_at_version_zero() {
    let api = small(served_in_pages()).await;
    watch(&api, hurried()).await.ready().await;
    for request in api.asked().recent {
        assert!(request.user_agent.starts_with("openshift-cluster-health-mcp/"), "{request:?}");
        assert_eq!(request.authorization, "Bearer fake-token");
        assert!(!request.line.contains("secrets") && !request.line.contains("resourceVersion=0"), "{request:?}");
    }
}

#[tokio::test]
async fn pages_add_up_and_outlive_a_lost_place() {
    let population = Population { pods: 1234, nodes: 3, unwell_every: 0 };
    for expire_continue in [0, 1, 5] {
        let behaviour = Behaviour { expire_continue, ..served_in_pages() };
        let api = Api::start(Setup { population, behaviour, ..Setup::default() }).await.unwrap();
        let watched = watch(&api, hurried()).await;
        watched.ready().await;
        watched.until(|snapshot| snapshot.cluster.pods.len() == 1234).await;
        assert_eq!(*watched.state.snapshot().unwrap().cluster.coverage.of(Kind::Pod), Seen::Complete);
    }
}

#[tokio::test]
async fn a_list_that_is_cut_off_is_asked_for_again() {
    let population = Population { pods: 700, nodes: 3, unwell_every: 0 };
    for watch_list in [true, false] {
        let behaviour = Behaviour { watch_list, cut_lists_after: Some(300), ..Behaviour::default() };
        let api = Api::start(Setup { population, behaviour, ..Setup::default() }).await.unwrap();
        let watched = watch(&api, hurried()).await;
        watched.ready().await;
        watched.until(|snapshot| snapshot.cluster.pods.len() == 700).await;
    }
}

#[tokio::test]
async fn what_is_forbidden_or_not_served_is_said_and_asked_for_again() {
    let mut behaviour = Behaviour::default();
    behaviour.forbidden.insert("pods".to_owned());
    behaviour.unserved.extend(["routes", "clusteroperators", "clusterversions"].map(str::to_owned));
    let api = small(behaviour).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    let snapshot = watched.until(|snapshot| snapshot.cluster.coverage.unseen(Kind::Pod).is_some()).await;
    assert_eq!(snapshot.cluster.coverage.unseen(Kind::Pod), Some(Reason::Forbidden));
    assert_eq!(snapshot.cluster.coverage.unseen(Kind::Route), Some(Reason::NotServed));
    assert_eq!(snapshot.report.verdict, Verdict::Unknown);
    assert_eq!(api.asked().of("list pods").requests + api.asked().of("watch pods").requests, 0, "asked before");

    api.behave(|behaviour| {
        behaviour.forbidden.clear();
        behaviour.unserved.clear();
    });
    api.put("routes", json!({"metadata": {"name": "r", "namespace": "x"}}));
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy && snapshot.cluster.routes.len() == 1).await;
    watched.same_pods().await;
}

#[tokio::test]
async fn rights_that_are_taken_away_take_the_objects_along() {
    let api = small(Behaviour::default()).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    watched.same_pods().await;
    api.behave(|behaviour| behaviour.forbidden.extend(["pods".to_owned()]));
    api.inflict("pods", scale::Fault::End);
    let snapshot = watched.until(|snapshot| snapshot.cluster.coverage.unseen(Kind::Pod).is_some()).await;
    assert!(snapshot.cluster.pods.is_empty());
    assert_eq!(snapshot.report.verdict, Verdict::Unknown);
}

#[tokio::test]
async fn without_reviews_the_lists_answer() {
    let mut behaviour = Behaviour { reviews_forbidden: true, ..Behaviour::default() };
    behaviour.forbidden.insert("events".to_owned());
    let api = small(behaviour).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    watched.same_pods().await;
    let coverage = &watched.until(|snapshot| snapshot.cluster.pods.len() == 3).await.cluster.coverage;
    assert_eq!(coverage.unseen(Kind::Event), Some(Reason::Forbidden));
}

#[tokio::test]
async fn a_kind_that_always_fails_does_not_keep_the_server_from_being_ready() {
    let mut behaviour = Behaviour::default();
    let refusal = Refusal { status: 503, retry_after_seconds: None, times: 1_000_000 };
    behaviour.refusals.insert("routes".to_owned(), refusal);
    let api = small(behaviour).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    let failed = |snapshot: &Snapshot| snapshot.cluster.coverage.unseen(Kind::Route) == Some(Reason::Failed);
    let snapshot = watched.until(failed).await;
    assert!(
        snapshot.notes.iter().any(|note| note.contains("routes (the API server answers 503")),
        "{:?}",
        snapshot.notes
    );
    api.behave(|behaviour| behaviour.refusals.clear());
    watched.until(|snapshot| snapshot.cluster.coverage.unseen(Kind::Route).is_none()).await;
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_named_and_the_others_are_there() {
    let api = small(Behaviour::default()).await;
    api.put("pods", json!({"metadata": {"name": "broken", "namespace": "x"}, "spec": "no object"}));
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    let snapshot = watched.until(|snapshot| snapshot.cluster.pods.len() == 3).await;
    let Seen::Partial { why } = snapshot.cluster.coverage.of(Kind::Pod) else { panic!("not partial") };
    assert!(why.starts_with("1 object cannot be read (x/broken: "), "{why}");
    assert_eq!(snapshot.report.verdict, Verdict::Unknown);

    api.put("pods", pod("broken"));
    watched.until(|snapshot| *snapshot.cluster.coverage.of(Kind::Pod) == Seen::Complete).await;
    watched.same_pods().await;
    api.put("pods", json!({"metadata": {"name": "a", "namespace": "x"}, "status": 1}));
    let snapshot = watched.until(|snapshot| *snapshot.cluster.coverage.of(Kind::Pod) != Seen::Complete).await;
    assert!(snapshot.cluster.pods.get("x", "a").is_none(), "the form before is not the present one");
    api.delete("pods", "x", "a");
    watched.until(|snapshot| *snapshot.cluster.coverage.of(Kind::Pod) == Seen::Complete).await;
}
