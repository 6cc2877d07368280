//! Servers that take a request and then say nothing, at the start of a watch and in the middle of one.

use cluster_health::Verdict;
use scale::Fault;

use super::*;

async fn healthy(timing: Timing) -> Watched {
    let api = small(Behaviour { bookmarks_every: Duration::from_millis(100), ..Behaviour::default() }).await;
    let watched = watch(&api, timing).await;
    watched.ready().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    watched
}

#[tokio::test]
async fn a_watch_that_is_taken_and_tells_nothing_is_not_followed() {
    let watched = healthy(hurried()).await;
    watched.api.behave(|behaviour| behaviour.silent_watches = true);
    watched.api.inflict("*", Fault::End);
    let silent = "watches are taken and then nothing is told";
    let stale = |snapshot: &Snapshot| snapshot.report.coverage.stale.as_ref().is_some_and(|it| it.because == silent);
    let snapshot = watched.until(|snapshot| stale(snapshot) && snapshot.notes[0].contains(silent)).await;
    assert_eq!(snapshot.report.verdict, Verdict::Unknown);

    watched.api.put("pods", pod("d"));
    watched.api.behave(|behaviour| behaviour.silent_watches = false);
    watched.same_pods().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy && snapshot.notes.is_empty()).await;
}

#[tokio::test]
async fn silence_in_the_middle_is_doubted_as_soon_as_nobody_answers_anything() {
    // A bookmark would be missed only after ten minutes
    let watched = healthy(Timing { quiet: Duration::from_secs(600), ..hurried() }).await;
    watched.api.inflict("*", Fault::Silence);
    watched.api.put("pods", pod("d"));
    watched.api.behave(|behaviour| behaviour.silent = true);
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Unknown).await;
    watched.api.behave(|behaviour| behaviour.silent = false);
    watched.same_pods().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
}
