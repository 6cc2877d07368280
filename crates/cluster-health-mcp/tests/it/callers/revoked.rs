//! What is taken away is gone when the answer about it has aged, on streams that are open too.

use http_body_util::BodyExt;

use super::notifications::{listen, read_until, without};
use super::*;

/// In the place of 45 seconds.
const KEPT: Duration = Duration::from_millis(900);
/// A look more, and a busy machine.
const SLACK: Duration = Duration::from_secs(8);
const UPDATED: &str = "notifications/resources/updated";

async fn status(rig: &Rig, token: &str) -> StatusCode {
    ask(&rig.server, Some(token), "tools/call", &json!({"name": "get-cluster-health"})).await.status
}

#[tokio::test]
async fn a_revoked_token_ends_its_open_stream_though_nothing_happens() {
    let rig = rig_that_believes_for(KEPT, whole(), 0).await;
    let (mut web, mut orders) = (listen(&rig.server, WEB).await, listen(&rig.server, ORDERS).await);
    rig.table.forget_token(WEB);
    let ended = async { while let Some(Ok(_)) = web.frame().await {} };
    assert!(tokio::time::timeout(KEPT + SLACK, ended).await.is_ok(), "the stream is still open");
    assert_eq!(status(&rig, WEB).await, StatusCode::UNAUTHORIZED);
    // Somebody else's goes on
    assert_eq!(status(&rig, ORDERS).await, StatusCode::OK);
    assert!(tokio::time::timeout(Duration::from_millis(200), orders.frame()).await.is_err());
}

#[tokio::test]
async fn a_revoked_right_takes_its_part_from_calls_and_from_an_open_stream() {
    let rig = rig_that_believes_for(KEPT, whole(), 0).await;
    rig.table.grant("web-team", "storefront-orders");
    let mut web = listen(&rig.server, WEB).await;
    let pods = json!({"namespace": "storefront-orders"});
    assert!(call(&rig.server, WEB, "list-pods", pods.clone()).await["structuredContent"]["total"].as_u64() > Some(0));
    rig.table.revoke("web-team", "storefront-orders");
    // What can be seen is another thing now, which is worth a word
    assert!(read_until(&mut web, UPDATED, KEPT + SLACK).await, "the stream goes on as if nothing had happened");
    let refused = call(&rig.server, WEB, "list-pods", pods).await;
    assert_eq!(refused["isError"], true, "{refused}");
    // The last words of the old part, if they were under way
    tokio::time::sleep(Duration::from_secs(1)).await;
    while tokio::time::timeout(Duration::from_millis(200), web.frame()).await.is_ok_and(|frame| frame.is_some()) {}
    rig.state.publish(without("storefront-orders"));
    assert!(!read_until(&mut web, UPDATED, Duration::from_secs(2)).await, "told of what it may not see any more");
}
