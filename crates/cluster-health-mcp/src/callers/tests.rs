use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use cluster_health::model::Kind;
use cluster_health::visibility::Allowed;

use super::testing::Cluster;
use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn callers(cluster: &Arc<Cluster>) -> Callers {
    let namespaces = ["kube-system", "mine", "theirs"].map(Into::into).to_vec();
    let inventory = move || Inventory { namespaces: namespaces.clone(), absent: Vec::new() };
    Callers::by_token_review(cluster.clone(), Vec::new(), inventory)
}

fn bearing(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

async fn admit(callers: &Callers, token: &str) -> Result<Caller, Denied> {
    callers.admit(&bearing(token), HERE, Purpose::Ask).await
}

#[tokio::test]
async fn a_known_token_is_asked_about_once_however_many_come_with_it() {
    let cluster = Arc::new(Cluster::default());
    cluster.knows("sha256~a", "ann");
    cluster.grants("ann", "*", "");
    let callers = callers(&cluster);
    let all = futures_util::future::join_all((0..50).map(|_| admit(&callers, "sha256~a"))).await;
    assert!(all.into_iter().all(|caller| caller.unwrap().sees().is_everything()));
    assert_eq!(cluster.tokens_asked.load(Ordering::SeqCst), 1);
    assert_eq!(cluster.accesses_asked.load(Ordering::SeqCst), Kind::served().count());
    admit(&callers, "sha256~a").await.unwrap();
    assert_eq!(cluster.accesses_asked.load(Ordering::SeqCst), Kind::served().count());
}

#[tokio::test]
async fn a_refused_token_is_remembered_for_a_moment() {
    let cluster = Arc::new(Cluster::default());
    let callers = callers(&cluster);
    for _ in 0..10 {
        assert!(matches!(admit(&callers, "wrong").await, Err(Denied::BadToken(_))));
    }
    assert_eq!(cluster.tokens_asked.load(Ordering::SeqCst), 1);
    assert_eq!(callers.admit(&HeaderMap::new(), HERE, Purpose::Ask).await.unwrap_err(), Denied::NoToken);
}

#[tokio::test]
async fn a_flood_of_new_tokens_does_not_reach_the_cluster() {
    let cluster = Arc::new(Cluster::default());
    let callers = callers(&cluster);
    let mut too_many = 0;
    for number in 0..500 {
        too_many += usize::from(matches!(admit(&callers, &format!("t{number}")).await, Err(Denied::TooMany(_))));
    }
    assert!(too_many > 200, "{too_many}");
    // Another address has a bucket of its own
    let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    cluster.knows("good", "ann");
    cluster.grants("ann", "*", "");
    assert!(callers.admit(&bearing("good"), elsewhere, Purpose::Ask).await.is_ok());
}

#[tokio::test]
async fn nobody_is_let_in_while_nobody_can_be_asked() {
    let cluster = Arc::new(Cluster::default());
    cluster.knows("a", "ann");
    cluster.grants("ann", "*", "");
    let callers = callers(&cluster);
    cluster.away.store(true, Ordering::SeqCst);
    let denied = admit(&callers, "a").await.unwrap_err();
    assert!(denied.to_string().contains("connection refused"), "{denied}");
    assert!(matches!(denied, Denied::Away(_)));
    cluster.away.store(false, Ordering::SeqCst);
    admit(&callers, "a").await.unwrap();
    cluster.away.store(true, Ordering::SeqCst);
    // What is known counts for a while
    admit(&callers, "a").await.unwrap();
}

#[tokio::test]
async fn a_tenant_sees_its_namespace_and_nothing_of_the_others() {
    let cluster = Arc::new(Cluster::default());
    cluster.knows("t", "tenant");
    cluster.grants("tenant", "*", "mine");
    let caller = admit(&callers(&cluster), "t").await.unwrap();
    for kind in [Kind::Pod, Kind::Deployment, Kind::Event, Kind::Namespace] {
        assert_eq!(*caller.sees().of(kind), Allowed::In(["mine".into()].into()), "{kind}");
    }
    for kind in [Kind::Node, Kind::ClusterOperator, Kind::PersistentVolume] {
        assert_eq!(*caller.sees().of(kind), Allowed::Nothing, "{kind}");
    }
    assert!(caller.may(&Right::read_log("mine", "p")).await.unwrap());
    assert!(!caller.may(&Right::read_log("theirs", "p")).await.unwrap());
}

#[tokio::test]
async fn figures_are_for_who_may_get_their_path() {
    let cluster = Arc::new(Cluster::default());
    cluster.knows("p", "prometheus");
    cluster.knows("a", "ann");
    cluster.grants("prometheus", "/metrics", "");
    let callers = callers(&cluster);
    assert!(callers.admit(&bearing("p"), HERE, Purpose::Metrics).await.is_ok());
    let denied = callers.admit(&bearing("a"), HERE, Purpose::Metrics).await.unwrap_err();
    assert!(matches!(&denied, Denied::Forbidden(words) if words.contains("/metrics")), "{denied}");
    // Reading figures is no right to ask
    let caller = callers.admit(&bearing("p"), HERE, Purpose::Ask).await.unwrap();
    assert_eq!(*caller.sees(), Arc::new(Visibility::nothing()));
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_token() {
    let cluster = Arc::new(Cluster::default());
    cluster.knows("sha256~very-secret", "ann");
    let callers = callers(&cluster);
    let caller = admit(&callers, "sha256~very-secret").await.unwrap();
    let denied = admit(&callers, "sha256~also-secret").await.unwrap_err();
    for text in [format!("{callers:?}"), format!("{caller:?}"), format!("{denied:?} {denied}")] {
        assert!(!text.contains("secret"), "{text}");
    }
}
