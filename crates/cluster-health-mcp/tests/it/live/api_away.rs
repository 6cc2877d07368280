//! No API server: at the start, for a while, or one that takes requests and never answers.

use cluster_health::Verdict;
use cluster_health::coverage::Seen;
use cluster_health::model::Kind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Every tool and resource that is listed, and what each said. How long one takes is measured end to end, not here; that
/// they all answer, and how many requests that costs, is exact.
async fn ask_everything(watched: &Watched) -> Vec<(String, String)> {
    let server = watched.serve().await;
    let list = async |method: &str, list: &str, field: &str| -> Vec<String> {
        let answer = server.legacy(method, json!({})).await;
        let entries = answer["result"][list].as_array().unwrap().iter();
        entries.map(|entry| entry[field].as_str().unwrap().to_owned()).collect()
    };
    let mut said = Vec::new();
    let tools = list("tools/list", "tools", "name").await;
    for tool in tools {
        let arguments = match tool.as_str() {
            "inspect-object" => json!({"kind": "node", "name": "n"}),
            _ => json!({}),
        };
        let answer = server.legacy("tools/call", json!({"name": tool, "arguments": arguments})).await;
        let text = answer["result"]["content"][0]["text"].as_str();
        said.push((tool, text.unwrap_or_else(|| panic!("no answer: {answer}")).to_owned()));
    }
    let mut uris = list("resources/list", "resources", "uri").await;
    let templates = list("resources/templates/list", "resourceTemplates", "uriTemplate").await;
    uris.extend(templates.iter().map(|it| it.replace("{namespace}", "x").replace("{id}", "node-not-ready")));
    for uri in uris {
        let answer = server.legacy("resources/read", json!({"uri": uri})).await;
        let text = answer["result"]["contents"][0]["text"].as_str().or_else(|| answer["error"]["message"].as_str());
        said.push((uri, text.unwrap_or_else(|| panic!("no answer: {answer}")).to_owned()));
    }
    said
}

/// Whatever speaks of the state of the cluster says that it is not known.
fn nothing_is_claimed(said: &[(String, String)]) {
    for (question, text) in said {
        let text = text.to_lowercase();
        let words = ["unknown", "not listed yet", "not followed", "could not see all they need"];
        // Checks are explained without a cluster, and what was asked wrongly is not answered
        let explains = question.starts_with("cluster://checks/") || text.starts_with("missing argument");
        assert!(explains || words.iter().any(|word| text.contains(word)), "{question} says: {text}");
    }
}

fn health(said: &[(String, String)]) -> &str {
    &said.iter().find(|(question, _)| question == "get-cluster-health").unwrap().1
}

#[tokio::test]
async fn a_server_without_an_api_answers_that_it_does_not_know() {
    let api = small(Behaviour::default()).await;
    api.stop();
    let watched = watch(&api, hurried()).await;
    let said = ask_everything(&watched).await;
    nothing_is_claimed(&said);
    let text = health(&said);
    assert!(text.starts_with("UNKNOWN"), "{text}");
    let first = text.lines().next().unwrap();
    assert!(first.ends_with("Right now: waiting for the API server: connection refused."), "{text}");
    assert!(text.contains("Nothing was looked at (not listed yet)."), "{text}");
    assert!(!watched.state.readiness().is_ready());
    let awaited = watched.state.readiness().awaited();
    assert!(awaited.iter().any(|what| what == "the API server (connection refused)"), "{awaited:?}");

    api.restart().await.unwrap();
    watched.ready().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy && snapshot.notes.is_empty()).await;
}

#[tokio::test]
async fn an_api_that_never_answers_is_not_waited_for() {
    let api = small(Behaviour { silent: true, ..Behaviour::default() }).await;
    let watched = watch(&api, Timing { answer: Duration::from_secs(60), ..hurried() }).await;
    let said = ask_everything(&watched).await;
    nothing_is_claimed(&said);
    assert!(health(&said).starts_with("UNKNOWN"), "{said:?}");
    // All that was asked in that time is still unanswered, so no answer waited for it
    assert!(api.asked().requests() > 0);
}

#[tokio::test]
async fn what_is_out_of_sight_for_too_long_is_unknown_and_then_known_again() {
    let api = small(Behaviour::default()).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    api.stop();
    let stale = watched.until(|snapshot| snapshot.report.verdict == Verdict::Unknown).await;
    assert!(matches!(stale.cluster.coverage.of(Kind::Pod), Seen::Stale { complete: true, .. }));
    assert_eq!(stale.cluster.pods.len(), 3, "the last state is still there to look at");
    let said = ask_everything(&watched).await;
    nothing_is_claimed(&said);
    let text = health(&said);
    assert!(text.starts_with("UNKNOWN: the cluster has not been followed since 20"), "{text}");
    assert!(watched.state.readiness().is_ready(), "who was ready can still answer");
    assert_eq!(watched.metric("watch_following{kind=\"pods\"}"), 0.0);

    api.put("pods", pod("d"));
    api.restart().await.unwrap();
    watched.same_pods().await;
    watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy && snapshot.notes.is_empty()).await;
}

/// Listens where the API did and gives every request the same page.
async fn page_instead(address: std::net::SocketAddr, page: &'static str) -> tokio::task::JoinHandle<()> {
    let listener = loop {
        match tokio::net::TcpListener::bind(address).await {
            Ok(listener) => break listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", page.len());
                let _ = stream.write_all((head + page).as_bytes()).await;
            });
        }
    })
}

#[tokio::test]
async fn a_page_with_status_200_is_no_sign_of_life() {
    for page in ["null", "<html>\n<body>please log in</body>\n</html>\n", ""] {
        let api = small(Behaviour::default()).await;
        let watched = watch(&api, hurried()).await;
        watched.ready().await;
        watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
        api.stop();
        let instead = page_instead(api.address(), page).await;
        watched.until(|snapshot| snapshot.report.verdict == Verdict::Unknown).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(watched.state.snapshot().unwrap().report.verdict, Verdict::Unknown, "{page:?}");
        instead.abort();
        api.restart().await.unwrap();
        watched.until(|snapshot| snapshot.report.verdict == Verdict::Healthy).await;
    }
}

#[tokio::test]
async fn time_passes_without_a_change() {
    let api = small(Behaviour::default()).await;
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    let first = watched.until(|_| true).await.report.as_of;
    watched.until(|snapshot| snapshot.report.as_of > first).await;
}

#[tokio::test]
async fn a_report_is_made_from_one_look() {
    let api = small(Behaviour::default()).await;
    let kubeconfig = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&kubeconfig, api.kubeconfig()).unwrap();
    let access = ClusterAccess::Kubeconfig { paths: vec![kubeconfig.to_path_buf()], context: None };
    let look = || Live::new(access.clone(), hurried(), &Default::default()).look(Duration::from_secs(10));
    let loaded = look().await.unwrap();
    assert_eq!((loaded.cluster.pods.len(), loaded.notes.len()), (3, 0));
    api.stop();
    let loaded = look().await.unwrap();
    assert_eq!(loaded.notes, ["waiting for the API server: connection refused", "the first listing has not ended yet"]);

    let wrong = ClusterAccess::Kubeconfig { paths: vec!["/nonexistent".into()], context: None };
    let error = Live::new(wrong, hurried(), &Default::default()).look(Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("/nonexistent") && error.to_string().contains("KUBECONFIG"), "{error}");
}
