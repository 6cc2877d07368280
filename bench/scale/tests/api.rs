//! The fake as its clients meet it, over a socket.

// Helpers of tests
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use scale::client::{Client, Head, Reply};
use scale::{Api, Fault, Population, Refusal, Setup};
use serde_json::{Value, json};
use tokio::time::timeout;

const PAST: Duration = Duration::from_secs(20);

async fn small() -> Api {
    let api = Api::start(Setup::default()).await.unwrap();
    for name in ["a", "b", "c"] {
        api.put("pods", pod(name, "Running"));
    }
    api
}

async fn generated(pods: usize) -> Api {
    let population = Population { pods, nodes: 3, unwell_every: 0 };
    Api::start(Setup { population, ..Setup::default() }).await.unwrap()
}

fn pod(name: &str, phase: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "x"}, "status": {"phase": phase}})
}

async fn get(api: &Api, path: &str) -> Reply {
    Client::connect(api.address()).await.unwrap().get(path, "").await.unwrap()
}

async fn json_at(api: &Api, path: &str) -> Value {
    let reply = get(api, path).await;
    assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

/// An open watch of pods, read event by event.
struct Watch {
    client: Client,
    head: Head,
    bytes: Vec<u8>,
}

impl Watch {
    async fn open(api: &Api, query: &str) -> Self {
        let mut client = Client::connect(api.address()).await.unwrap();
        let request = format!("GET /api/v1/pods?watch=true&{query} HTTP/1.1\r\nHost: x\r\n\r\n");
        let head = client.open(request.as_bytes()).await.unwrap();
        assert_eq!(head.status, 200);
        Self { client, head, bytes: Vec::new() }
    }

    /// `None` at the end of the stream, however it came.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line = self.bytes.drain(..=end).collect();
                return Some(String::from_utf8(line).unwrap());
            }
            let read = timeout(PAST, self.client.read(&mut self.head, &mut self.bytes)).await.unwrap();
            if !read.unwrap_or(false) {
                return None;
            }
        }
    }

    /// Kind of event, and the object's name or the code of the error.
    async fn event(&mut self) -> (String, String) {
        let event: Value = serde_json::from_str(&self.line().await.unwrap()).unwrap();
        let object = &event["object"];
        let name = object["metadata"]["name"].as_str().map_or_else(|| object["code"].to_string(), str::to_owned);
        (event["type"].as_str().unwrap().to_owned(), name)
    }
}

fn event(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

#[tokio::test]
async fn lists_come_in_pages_that_add_up() {
    for api in [small().await, generated(3).await] {
        let whole = json_at(&api, "/api/v1/pods").await;
        assert_eq!(whole["kind"], "PodList");
        assert_eq!(whole["items"][0]["kind"], Value::Null, "built-in kinds are named by their list");
        let first = json_at(&api, "/api/v1/pods?limit=2").await;
        assert_eq!(
            (first["items"].as_array().unwrap().len(), &first["metadata"]["remainingItemCount"]),
            (2, &1.into())
        );
        let next = first["metadata"]["continue"].as_str().unwrap();
        let second = json_at(&api, &format!("/api/v1/pods?limit=2&continue={next}")).await;
        let both = [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()].concat();
        assert_eq!(whole["items"].as_array().unwrap(), &both);
        assert_eq!(second["metadata"]["continue"], Value::Null);
        assert_eq!(json_at(&api, "/api/v1/pods?limit=1&resourceVersion=0").await["items"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn lists_can_be_selected_and_compressed() {
    let api = small().await;
    api.put("pods", pod("d", "Failed"));
    let failed = json_at(&api, "/api/v1/namespaces/x/pods?fieldSelector=status.phase%3DFailed").await;
    assert_eq!(failed["items"][0]["metadata"]["name"], "d");
    assert_eq!(json_at(&api, "/api/v1/namespaces/y/pods").await["items"], json!([]));

    let api = generated(40).await;
    let mut client = Client::connect(api.address()).await.unwrap();
    let packed = client.get("/api/v1/pods", "Accept-Encoding: gzip\r\n").await.unwrap();
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = Vec::new();
    GzDecoder::new(&*packed.body).read_to_end(&mut text).unwrap();
    assert_eq!(text, get(&api, "/api/v1/pods").await.body);
    assert_eq!(api.asked().of("list pods").requests, 2);
    assert_eq!(api.asked().of("list pods").bytes, (text.len() + packed.body.len()) as u64);
}

#[tokio::test]
async fn a_streamed_list_ends_with_its_bookmark_and_goes_on_as_a_watch() {
    let api = small().await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = Watch::open(&api, query).await;
    for name in ["a", "b", "c"] {
        assert_eq!(watch.event().await, event("ADDED", name));
    }
    let bookmark = watch.line().await.unwrap();
    assert!(bookmark.contains("k8s.io/initial-events-end") && bookmark.contains("BOOKMARK"), "{bookmark}");
    api.put("pods", pod("a", "Failed"));
    api.delete("pods", "x", "b");
    assert_eq!(watch.event().await, event("MODIFIED", "a"));
    assert_eq!(watch.event().await, event("DELETED", "b"));

    api.behave(|behaviour| behaviour.watch_list = false);
    assert_eq!(get(&api, &format!("/api/v1/pods?watch=true&{query}")).await.status, 422);
}

#[tokio::test]
async fn a_watch_starts_where_its_list_ended_and_is_refused_when_that_is_too_long_ago() {
    let api = small().await;
    let version = json_at(&api, "/api/v1/pods").await["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    api.put("pods", pod("d", "Pending"));
    let mut watch = Watch::open(&api, &format!("resourceVersion={version}")).await;
    assert_eq!(watch.event().await, event("ADDED", "d"));
    api.inflict("pods", Fault::Expire);
    assert_eq!(watch.event().await, event("ERROR", "410"));
    assert_eq!(watch.line().await, None);
    assert_eq!(get(&api, &format!("/api/v1/pods?watch=true&resourceVersion={version}")).await.status, 410);
}

#[tokio::test]
async fn watches_end_break_and_garble_as_told() {
    let api = small().await;
    let now = "resourceVersion=2000000";
    let mut watch = Watch::open(&api, now).await;
    api.inflict("nodes", Fault::End);
    api.inflict("pods", Fault::Garbage("{\"type\":\n".into()));
    assert_eq!(watch.line().await.unwrap(), "{\"type\":\n");
    api.inflict("*", Fault::Cut);
    assert_eq!(watch.line().await, None);
    let mut watch = Watch::open(&api, now).await;
    api.inflict("pods", Fault::End);
    assert_eq!(watch.line().await, None);
}

#[tokio::test]
async fn what_is_forbidden_unserved_or_refused_says_so() {
    let api = small().await;
    api.behave(|behaviour| {
        behaviour.forbidden.insert("nodes".into());
        behaviour.unserved.insert("routes".into());
        behaviour.refusals.insert("pods".into(), Refusal { status: 429, retry_after_seconds: Some(2), times: 1 });
    });
    assert_eq!(get(&api, "/api/v1/nodes").await.status, 403);
    assert_eq!(get(&api, "/apis/route.openshift.io/v1/routes").await.status, 404);
    assert_eq!(get(&api, "/apis/route.openshift.io/v1").await.status, 404);
    let refused = get(&api, "/api/v1/pods").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("2")));
    assert_eq!(get(&api, "/api/v1/pods").await.status, 200);

    for (resource, allowed) in [("nodes", false), ("pods", true)] {
        let body = json!({"spec": {"resourceAttributes": {"verb": "list", "resource": resource}}}).to_string();
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let reply = Client::connect(api.address()).await.unwrap().send(request.as_bytes()).await.unwrap();
        let review: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status, &review["status"]["allowed"]), (201, &allowed.into()));
    }
}

#[tokio::test]
async fn discovery_is_told_in_both_ways() {
    let api = small().await;
    assert_eq!(json_at(&api, "/apis/apps/v1").await["resources"][0]["name"], "daemonsets");
    let mut client = Client::connect(api.address()).await.unwrap();
    let accept = "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json\r\n";
    let reply = client.get("/api", accept).await.unwrap();
    assert!(reply.header("content-type").unwrap().contains("APIGroupDiscoveryList"));
    let discovery: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(discovery["items"][0]["versions"][0]["resources"][0]["resource"], "configmaps");
    api.behave(|behaviour| behaviour.aggregated_discovery = false);
    let reply = client.get("/api", accept).await.unwrap();
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn tables_logs_and_single_objects_are_served() {
    let api = small().await;
    let mut client = Client::connect(api.address()).await.unwrap();
    let table = client.get("/api/v1/pods", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n").await.unwrap();
    let table: Value = serde_json::from_slice(&table.body).unwrap();
    assert_eq!((&table["kind"], &table["rows"][0]["cells"][0]), (&"Table".into(), &"a".into()));
    assert_eq!(table["rows"][0]["object"]["metadata"]["namespace"], "x");

    api.put_log("x", "a", "app", false, "one\ntwo\nthree\n");
    let log = get(&api, "/api/v1/namespaces/x/pods/a/log?container=app&tailLines=2&limitBytes=5").await;
    assert_eq!(log.body, b"two\nt");
    assert_eq!(get(&api, "/api/v1/namespaces/x/pods/a/log?container=app&previous=true").await.status, 400);

    assert_eq!(json_at(&api, "/api/v1/namespaces/x/pods/a").await["kind"], "Pod");
    let made = generated(25).await;
    let name = made.objects("pods")[21]["metadata"]["name"].as_str().unwrap().to_owned();
    assert_eq!(json_at(&made, &format!("/api/v1/namespaces/team-0000/pods/{name}")).await["metadata"]["name"], *name);
    assert_eq!(get(&made, "/api/v1/namespaces/team-0000/pods/other").await.status, 404);
}

#[tokio::test]
async fn pods_of_a_population_change_at_the_rate_asked_for() {
    let population = Population { pods: 100, nodes: 3, unwell_every: 0 };
    let api = Api::start(Setup { population, events_per_second: 1_000, ..Setup::default() }).await.unwrap();
    let mut watch = Watch::open(&api, "resourceVersion=1000000").await;
    let mut last = 1_000_000;
    for _ in 0..100 {
        let line: Value = serde_json::from_str(&watch.line().await.unwrap()).unwrap();
        let version: u64 = line["object"]["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        assert_eq!((line["type"].as_str(), version), (Some("MODIFIED"), last + 1));
        last = version;
    }
}

#[tokio::test]
async fn it_can_be_killed_and_started_again() {
    let api = small().await;
    let mut watch = Watch::open(&api, "resourceVersion=2000000").await;
    api.stop();
    assert_eq!(watch.line().await, None);
    api.restart().await.unwrap();
    assert_eq!(json_at(&api, "/api/v1/pods").await["items"].as_array().unwrap().len(), 3);
    api.forget_everything();
    assert_eq!(json_at(&api, "/api/v1/pods").await["items"], json!([]));
}
