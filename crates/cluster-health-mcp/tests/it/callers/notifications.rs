//! Who listens is told of what it can see, and of nothing else.

use cluster_health::visibility::{Allowed, Visibility};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::*;

/// The demo cluster, but nothing is left in one namespace.
pub(super) fn without(namespace: &str) -> Snapshot {
    let loaded = demo::load().unwrap();
    let all = loaded.cluster.namespaces.iter().map(|one| one.meta.name.clone());
    let others: std::collections::BTreeSet<Name> = all.filter(|name| name.as_str() != namespace).collect();
    let mut sees = Visibility::everything();
    for &kind in Kind::ALL.iter().filter(|kind| kind.scope() == cluster_health::model::Scope::Namespaced) {
        sees = sees.with(kind, Allowed::In(others.clone()));
    }
    Snapshot::new(loaded.cluster.visible_to(&sees), loaded.as_of, "demo", Vec::new())
}

pub(super) async fn listen(server: &Server, token: &str) -> Incoming {
    let params = json!({"notifications": {"resourceSubscriptions": ["cluster://health"]}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}
    }});
    let body = json!({"jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen", "params": params});
    let bearer = format!("Bearer {token}");
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "subscriptions/listen"),
        ("accept", "application/json, text/event-stream"),
        ("authorization", bearer.as_str()),
    ];
    let response = server.open(server.posting(body.to_string(), &headers)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body();
    assert!(read_until(&mut stream, "acknowledged", Duration::from_secs(10)).await);
    // The part as it is now has been looked at
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream
}

pub(super) async fn read_until(stream: &mut Incoming, word: &str, limit: Duration) -> bool {
    let reading = async {
        let mut text = String::new();
        while let Some(Ok(frame)) = stream.frame().await {
            text.push_str(std::str::from_utf8(&frame.into_data().unwrap_or_default()).unwrap());
            if text.contains(word) {
                return true;
            }
        }
        false
    };
    tokio::time::timeout(limit, reading).await.unwrap_or(false)
}

#[tokio::test]
async fn a_change_that_one_cannot_see_is_not_told() {
    const UPDATED: &str = "notifications/resources/updated";
    let rig = rig(whole(), 0).await;
    let (mut web, mut orders) = (listen(&rig.server, WEB).await, listen(&rig.server, ORDERS).await);
    // A part is worked out again when its share of the processor allows
    tokio::time::sleep(Duration::from_secs(2)).await;
    rig.state.publish(without("storefront-orders"));
    assert!(read_until(&mut orders, UPDATED, Duration::from_secs(40)).await, "who can see it was not told");
    assert!(!read_until(&mut web, UPDATED, Duration::from_secs(1)).await, "who cannot see it was told");
}

#[tokio::test]
async fn streams_of_one_caller_are_few() {
    let rig = rig(whole(), 0).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(listen(&rig.server, WEB).await);
    }
    let body = json!({"jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen", "params": {}}).to_string();
    let bearer = format!("Bearer {WEB}");
    let refused = rig.server.post(body, &[("authorization", &bearer), ("mcp-protocol-version", "2026-07-28")]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.body);
    drop(open);
}
