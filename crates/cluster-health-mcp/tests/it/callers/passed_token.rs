//! With whose token logs are read.

use scale::{Api, Behaviour};

use super::*;
use crate::live::{Watched, hurried, small, watch};

const ANN: &str = "sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwA";
const BEN: &str = "sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwB";
const OWN: &str = "Bearer fake-token";

struct Logs {
    api: Api,
    watched: Watched,
    server: Server,
    audit: Lines,
}

/// Ann may read logs in the cluster itself, Ben may not; both see the namespace.
async fn logs(passes: bool) -> Logs {
    let api = small(Behaviour::default()).await;
    api.put_log("x", "a", "main", false, "listening\n");
    let readers = [format!("Bearer {ANN}"), OWN.to_owned()];
    api.behave(|behaviour| behaviour.log_readers = Some(readers.into()));
    let watched = watch(&api, hurried()).await;
    watched.ready().await;
    if passes {
        watched.state.pass_callers_tokens();
    }
    let (table, audit) = (Arc::new(Table::default()), Lines::default());
    for (token, user) in [(ANN, "ann"), (BEN, "ben")] {
        table.user(token, user);
        table.grant(user, "x");
    }
    let callers =
        Callers::by_token_review(table, Vec::new(), || Inventory { namespaces: vec!["x".into()], absent: Vec::new() });
    let guard = Guard { callers, rate: 0, resource: Resource::default(), audit: Audit::to(audit.clone()) };
    let metrics = Metrics::new(Arc::new(watched.state.clone()));
    let surface = Surface::new("live", "", Duration::from_secs(10), metrics.clone());
    let handler = Handler::new(Arc::new(tools::register(surface)), watched.state.clone());
    let server = start_guarded(handler, metrics, Repeats::default(), guard).await;
    Logs { api, watched, server, audit }
}

impl Logs {
    async fn read(&self, token: &str) -> Value {
        let arguments = json!({"kind": "pod", "name": "a", "namespace": "x", "log": "current"});
        call(&self.server, token, "inspect-object", arguments).await["structuredContent"]["log"].take()
    }

    /// Who asked the API server for logs.
    fn readers(&self) -> Vec<String> {
        let recent = self.api.asked().recent.into_iter();
        recent.filter(|seen| seen.line.contains("/log?")).map(|seen| seen.authorization).collect()
    }
}

#[tokio::test]
async fn without_the_option_the_server_reads_with_its_own() {
    let logs = logs(false).await;
    for token in [ANN, BEN] {
        // The table says that both may
        assert_eq!(logs.read(token).await["untrusted_lines"], json!(["listening"]));
    }
    assert_eq!(logs.readers(), [OWN, OWN]);
}

#[tokio::test]
async fn with_it_the_callers_own_token_counts_and_nothing_else() {
    let logs = logs(true).await;
    assert_eq!(logs.read(ANN).await["untrusted_lines"], json!(["listening"]));
    let refused = logs.read(BEN).await;
    assert_eq!((&refused["not_read"], &refused["untrusted_lines"]), (&json!("forbidden"), &json!([])));
    assert_eq!(logs.readers(), [format!("Bearer {ANN}"), format!("Bearer {BEN}")]);
    // Nothing else is asked with them, and what the server asks afterwards is its own again
    logs.api.forget_counts();
    logs.api
        .put("pods", json!({"metadata": {"name": "d", "namespace": "x"}, "spec": {"containers": [{"name": "main"}]}}));
    logs.api.inflict("*", scale::Fault::End);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let recent = logs.api.asked().recent;
    assert!(!recent.is_empty() && recent.iter().all(|seen| seen.authorization == OWN), "{recent:?}");
    let written = format!("{:?} {:?}", logs.audit.all(), logs.watched.state);
    assert!(written.contains("ann") && !written.contains("sha256~"), "{written}");
}
