//! The server: listening, connections, and the handle tests hold.

pub(crate) mod behaviour;
mod body;
pub(crate) mod counts;
mod discovery;
mod listing;
mod query;
mod respond;
mod review;
mod selector;
mod status;
mod store;
mod table;
mod target;
mod watching;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::population::Population;
use crate::resources::{self, Resource};
use behaviour::{Behaviour, Fault};
use counts::{Asked, Counts};
use store::Store;

/// What is there when the fake starts.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// 0 lets the system choose.
    pub port: u16,
    pub population: Population,
    /// How often a pod of the population changes, on every watch of pods. 0 is never.
    pub events_per_second: u32,
    pub behaviour: Behaviour,
}

/// A running fake API. Copies are handles to the same one; it ends with [`Api::stop`] or with its runtime.
#[derive(Clone)]
pub struct Api {
    shared: Arc<Shared>,
    serving: Arc<Mutex<Option<JoinHandle<()>>>>,
    address: SocketAddr,
}

/// What all connections see.
struct Shared {
    population: Population,
    events_per_second: u32,
    store: Mutex<Store>,
    behaviour: Mutex<Behaviour>,
    counts: Counts,
    faults: broadcast::Sender<(String, Fault)>,
    /// The version of the newest change; watches wait on it.
    version: watch::Sender<u64>,
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    /// Listens on loopback and serves in the background of the current runtime.
    pub async fn start(setup: Setup) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, setup.port)).await?;
        let shared = Arc::new(Shared {
            population: setup.population,
            events_per_second: setup.events_per_second,
            store: Mutex::new(Store::default()),
            behaviour: Mutex::new(setup.behaviour),
            counts: Counts::default(),
            faults: broadcast::Sender::new(64),
            version: watch::Sender::new(store::FIRST_VERSION),
        });
        let address = listener.local_addr()?;
        let serving = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { shared, serving: Arc::new(Mutex::new(Some(serving))), address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A kubeconfig that leads here, with a bearer token.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: fake\n\
             clusters:\n- name: fake\n  cluster:\n    server: {}\n\
             users:\n- name: fake\n  user:\n    token: fake-token\n\
             contexts:\n- name: fake\n  context:\n    cluster: fake\n    user: fake\n",
            self.url()
        )
    }

    /// Puts an object in, or a newer form of it, and tells the watches. Returns its resource version.
    /// The plural has to be one of [`resources::ALL`]; another is ignored and gives 0.
    pub fn put(&self, plural: &str, object: Value) -> u64 {
        let Some(resource) = resources::by_plural(plural) else { return 0 };
        self.changed(|store| store.put(resource, object))
    }

    /// Takes an object out and tells the watches; 0 when it was not there. Cluster-scoped objects have the namespace `""`.
    pub fn delete(&self, plural: &str, namespace: &str, name: &str) -> u64 {
        let Some(resource) = resources::by_plural(plural) else { return 0 };
        self.changed(|store| store.delete(resource, namespace, name))
    }

    /// Takes out everything that was put in and does not tell the watches: what a client sees after an API server
    /// came back with another etcd. Versions up to now are too old afterwards.
    pub fn forget_everything(&self) {
        self.shared.store().forget();
    }

    fn changed(&self, change: impl FnOnce(&mut Store) -> u64) -> u64 {
        let version = change(&mut self.shared.store());
        if version > 0 {
            self.shared.version.send_replace(version);
        }
        version
    }

    /// What `pods/log` answers; the container's name may be empty for the only one.
    pub fn put_log(&self, namespace: &str, pod: &str, container: &str, previous: bool, text: &str) {
        self.shared.store().put_log(namespace, pod, container, previous, text);
    }

    /// Changes how requests are answered from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour());
    }

    /// Does something to the open watches of the plural, or to all with `*`.
    pub fn inflict(&self, plural: &str, fault: Fault) {
        if matches!(fault, Fault::Expire) {
            self.shared.store().expire_history();
        }
        // Without a watch nothing is to be done
        let _ = self.shared.faults.send((plural.to_owned(), fault));
    }

    /// What was asked so far, with counts and bytes sent.
    pub fn asked(&self) -> Asked {
        self.shared.counts.asked()
    }

    pub fn forget_counts(&self) {
        self.shared.counts.clear();
    }

    /// The objects of a plural as they are now, sorted by namespace and name: what a fresh list would say.
    pub fn objects(&self, plural: &str) -> Vec<Value> {
        let Some(resource) = resources::by_plural(plural) else { return Vec::new() };
        listing::everything(&self.shared, resource)
    }

    /// Closes the port and every connection at once, as when the process is killed. What was put in stays.
    pub fn stop(&self) {
        if let Some(serving) = self.serving.lock().unwrap_or_else(PoisonError::into_inner).take() {
            serving.abort();
        }
    }

    /// Listens again on the same port after [`Api::stop`].
    pub async fn restart(&self) -> io::Result<()> {
        self.stop();
        let listener = bind_again(self.address).await?;
        let serving = tokio::spawn(accept(listener, self.shared.clone()));
        *self.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
        Ok(())
    }
}

/// The old listener goes away a moment after its task was told to end.
async fn bind_again(address: SocketAddr) -> io::Result<TcpListener> {
    const TRIES: u32 = 100;
    for _ in 1..TRIES {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Ok(listener);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    TcpListener::bind(address).await
}

/// Connections live in this task's set, so that aborting it drops them all.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let shared = shared.clone();
                connections.spawn(async move {
                    shared.counts.connection();
                    let service = service_fn(|request| respond::respond(shared.clone(), request));
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The plural a fault or a refusal speaks of; `*` is every one.
fn concerns(plural: &str, resource: &Resource) -> bool {
    plural == "*" || plural == resource.plural
}
