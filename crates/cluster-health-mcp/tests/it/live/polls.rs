//! Kinds that can be listed and not watched.

use cluster_health::Verdict;

use super::*;

#[tokio::test]
async fn what_may_only_be_listed_is_listed_again_and_again_and_said_to_be() {
    let mut behaviour = Behaviour::default();
    behaviour.unwatchable.insert("pods".to_owned());
    let api = small(behaviour).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    watched.same_pods().await;
    let snapshot = watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    assert_eq!(snapshot.notes, ["listed every 200ms or so, as they cannot be watched: pods"]);
    api.put("pods", pod("d"));
    api.delete("pods", "x", "a");
    watched.same_pods().await;
    assert_eq!(api.asked().of("watch pods").requests, 0);

    api.behave(|behaviour| behaviour.unwatchable.clear());
    watched.until(|snapshot| snapshot.notes.is_empty()).await;
    let lists = api.asked().of("list pods").requests;
    api.put("pods", pod("e"));
    watched.same_pods().await;
    assert_eq!(api.asked().of("list pods").requests, lists, "it is watched again");
}

#[tokio::test]
async fn lists_of_what_cannot_be_watched_are_as_far_apart_as_they_should() {
    let mut behaviour = Behaviour::default();
    behaviour.unwatchable.insert("nodes".to_owned());
    let api = small(behaviour).await;
    let watched = watch(&api, Timing { poll: Duration::from_secs(600), ..hurried() }).await;
    watched.ready().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    api.put("pods", pod("d"));
    watched.same_pods().await;
    assert_eq!(api.asked().of("list nodes").requests, 1);
}
