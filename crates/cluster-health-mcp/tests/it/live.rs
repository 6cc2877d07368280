//! The live source against a fake API that can be told to misbehave.

mod alerts;
mod api_away;
mod faults;
mod first_listing;
mod namespaces;
mod polls;
mod silence;
mod subscriptions;

use std::sync::Arc;
use std::time::Duration;

use cluster_health_mcp::args::{ClusterAccess, LiveCluster};
use cluster_health_mcp::integrations::Alerts;
use cluster_health_mcp::mcp::{Handler, Resource, Surface, documents, tools};
use cluster_health_mcp::metrics::Metrics;
use cluster_health_mcp::sources::live::{Live, Timing};
use cluster_health_mcp::state::{Snapshot, State};
use scale::{Api, Behaviour, Setup};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::driver::{Server, start};

/// Everything that takes minutes in a cluster, in fractions of a second.
pub(crate) fn hurried() -> Timing {
    let millis = Duration::from_millis;
    Timing {
        answer: millis(1000),
        object: millis(1000),
        watch: Duration::from_secs(60),
        quiet: millis(400),
        trial: millis(1000),
        pulse: millis(200),
        poll: millis(200),
        alerts: millis(100),
        recheck: millis(100),
        pause: (millis(10), millis(100)),
        stale: millis(500),
        assess: millis(100),
        settle: millis(10),
    }
}

/// A source that follows a fake API, until it is dropped.
pub(crate) struct Watched {
    api: Api,
    pub(crate) state: State,
    stop: CancellationToken,
    _kubeconfig: tempfile::TempPath,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn watch(api: &Api, timing: Timing) -> Watched {
    watch_as(api, timing, &api.kubeconfig(), &[]).await
}

/// With a kubeconfig that leads there, and nothing but these namespaces.
async fn watch_as(api: &Api, timing: Timing, kubeconfig_text: &str, namespaces: &[&str]) -> Watched {
    watch_told(api, timing, kubeconfig_text, namespaces, Alerts::default()).await
}

/// The same, with somebody who tells of alerts.
async fn watch_told(api: &Api, timing: Timing, kubeconfig_text: &str, namespaces: &[&str], alerts: Alerts) -> Watched {
    let kubeconfig = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&kubeconfig, kubeconfig_text).unwrap();
    let (state, stop) = (State::with_first_wait(Duration::from_secs(10)), CancellationToken::new());
    let access = ClusterAccess::Kubeconfig { paths: vec![kubeconfig.to_path_buf()], context: None };
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    let live = Live::new(LiveCluster { access, namespaces }, timing, state.readiness()).with_alerts(alerts);
    state.follow(live.clone());
    let first = state.readiness().pending("the first assessment");
    let (told, told_stop) = (state.clone(), stop.clone());
    tokio::spawn(async move { live.run(told, first, told_stop).await.unwrap() });
    Watched { api: api.clone(), state, stop, _kubeconfig: kubeconfig }
}

impl Watched {
    /// Waits until the snapshot is as wanted.
    #[track_caller]
    fn until(&self, wanted: impl Fn(&Snapshot) -> bool) -> impl Future<Output = Arc<Snapshot>> {
        let (state, caller) = (self.state.clone(), std::panic::Location::caller());
        async move {
            for _ in 0..4000 {
                if let Ok(snapshot) = state.snapshot()
                    && wanted(&snapshot)
                {
                    return snapshot;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let seen = state.snapshot().map(|snapshot| (snapshot.notes.clone(), snapshot.report.coverage.clone()));
            panic!("not as wanted at {caller}: {seen:?}")
        }
    }

    #[track_caller]
    pub(crate) fn ready(&self) -> impl Future<Output = ()> {
        let (state, caller) = (self.state.clone(), std::panic::Location::caller());
        async move {
            for _ in 0..4000 {
                if state.readiness().is_ready() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!("not ready at {caller}: {:?}", state.readiness().awaited())
        }
    }

    /// Waits until the model's pods are those the API has, each in its newest form.
    #[track_caller]
    fn same_pods(&self) -> impl Future<Output = ()> {
        let expected: Vec<(String, u64)> = self.api.objects("pods").iter().map(name_and_version).collect();
        let same = self.until(move |snapshot| {
            let held = snapshot.cluster.pods.iter();
            held.map(|pod| (pod.meta.name.to_string(), pod.meta.resource_version)).eq(expected.iter().cloned())
        });
        async move { drop(same.await) }
    }

    async fn serve(&self) -> Server {
        let metrics = Metrics::new(Arc::new(self.state.clone()));
        let surface = Surface::new("live", "", Duration::from_secs(10), metrics.clone());
        let surface = documents::register(tools::register(surface));
        let surface = surface.notify(documents::health::Health::URI, self.state.changes());
        start(Handler::new(Arc::new(surface), self.state.clone()), metrics).await
    }

    fn metric(&self, name: &str) -> f64 {
        let text = Metrics::new(Arc::new(self.state.clone())).scrape("").unwrap().body;
        let value = text.lines().find_map(|line| line.strip_prefix(&format!("cluster_health_{name} ")));
        value.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
    }
}

fn name_and_version(object: &Value) -> (String, u64) {
    let metadata = &object["metadata"];
    let version = metadata["resourceVersion"].as_str().unwrap().parse().unwrap();
    (metadata["name"].as_str().unwrap().to_owned(), version)
}

/// A cluster of one node and three pods.
pub(crate) async fn small(behaviour: Behaviour) -> Api {
    let api = Api::start(Setup { behaviour, ..Setup::default() }).await.unwrap();
    let ready = json!([{"type": "Ready", "status": "True"}]);
    api.put("nodes", json!({"metadata": {"name": "n"}, "status": {"conditions": ready}}));
    api.put("namespaces", json!({"metadata": {"name": "x"}}));
    for name in ["a", "b", "c"] {
        api.put("pods", pod(name));
    }
    api
}

fn pod(name: &str) -> Value {
    let ready = json!([{"type": "Ready", "status": "True"}]);
    json!({"metadata": {"name": name, "namespace": "x"}, "spec": {"containers": [{"name": "main"}]},
           "status": {"phase": "Running", "conditions": ready}})
}

fn served_in_pages() -> Behaviour {
    Behaviour { watch_list: false, ..Behaviour::default() }
}
