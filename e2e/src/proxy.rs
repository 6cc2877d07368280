//! Stands between the server and the API, speaks TLS to both, counts everything, and breaks what it is told to break.
//!
//! Two things can be set: the [`Gate`], which decides what becomes of new connections, and [`Rule`]s, which decide what
//! becomes of requests and of what answers them. Streams that are open already can be reset or silenced.

mod body;
mod connection;
pub mod rule;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::certificates::Certificates;
use connection::Live;
use rule::{Asked, Rule};

/// What becomes of a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// Nobody listens.
    Refuse,
    /// Accepted, and then nothing.
    Silent,
    Reset,
    /// Answers a TLS handshake in plain text.
    PlainText,
    ExpiredCertificate,
    /// A certificate of an authority that nobody trusts.
    StrangersCertificate,
}

#[derive(Debug)]
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    certificates: Certificates,
    gate: watch::Sender<Gate>,
    rules: Mutex<Vec<Arc<Rule>>>,
    live: Mutex<HashMap<u64, Live>>,
    accepted: AtomicU64,
    asked: Mutex<Vec<Asked>>,
}

impl Proxy {
    /// In front of the API server on `upstream_port`.
    pub async fn start(upstream_port: u16, certificates: &Certificates) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen as a proxy")?;
        let port = listener.local_addr()?.port();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(certificates.trusted()).https_only().enable_http1().build();
        let shared = Arc::new(Shared {
            upstream: format!("https://127.0.0.1:{upstream_port}"),
            client: Client::builder(TokioExecutor::new()).build(connector),
            certificates: certificates.clone(),
            gate: watch::Sender::new(Gate::Open),
            rules: Mutex::default(),
            live: Mutex::default(),
            accepted: AtomicU64::new(0),
            asked: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, port, shared.clone()));
        Ok(Self { port, shared, accepting })
    }

    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    pub fn set_gate(&self, gate: Gate) {
        self.shared.gate.send_replace(gate);
    }

    /// Adds rules; of those that fit a request the first counts.
    pub fn add(&self, rules: impl IntoIterator<Item = Rule>) {
        lock(&self.shared.rules).extend(rules.into_iter().map(Arc::new));
    }

    /// Breaks nothing any more; streams that were silenced stay silent.
    pub fn heal(&self) {
        lock(&self.shared.rules).clear();
        self.set_gate(Gate::Open);
    }

    /// Resets every open connection; returns how many.
    pub fn reset_all(&self) -> usize {
        let live: Vec<Live> = lock(&self.shared.live).drain().map(|(_, live)| live).collect();
        live.iter().for_each(Live::reset);
        live.len()
    }

    /// Nothing passes on connections that are open now, and nobody is told; returns how many.
    pub fn silence_all(&self) -> usize {
        let live = lock(&self.shared.live);
        live.values().for_each(Live::silence);
        live.len()
    }

    /// Ends the stream to the client on every open connection, but keeps on reading from it; returns how many.
    pub fn half_close_all(&self) -> usize {
        let live = lock(&self.shared.live);
        live.values().for_each(Live::half_close);
        live.len()
    }

    /// Connections that are open now.
    pub fn open(&self) -> usize {
        lock(&self.shared.live).len()
    }

    /// Connections since the start.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Requests since the start, in order.
    pub fn requests(&self) -> usize {
        lock(&self.shared.asked).len()
    }

    /// Requests from the `from`th on, counted by what they ask for, for messages.
    pub fn summary(&self, from: usize) -> String {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for asked in lock(&self.shared.asked).iter().skip(from) {
            let what = asked.to_string();
            match counts.iter_mut().find(|(other, _)| *other == what) {
                Some((_, count)) => *count += 1,
                None => counts.push((what, 1)),
            }
        }
        counts.iter().fold(String::new(), |mut text, (what, count)| {
            let _ = write!(text, "{count} x {what}; ");
            text
        })
    }

    /// How many requests from the `from`th on fit.
    pub fn count(&self, from: usize, fits: impl Fn(&Asked) -> bool) -> usize {
        lock(&self.shared.asked).iter().skip(from).filter(|asked| fits(asked)).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset_all();
    }
}

impl Shared {
    /// The first rule that fits and is not used up; counts as used.
    fn rule(&self, asked: &Asked) -> Option<Arc<Rule>> {
        lock(&self.rules).iter().find(|rule| !rule.edits() && rule.fits(asked) && rule.take()).cloned()
    }

    /// The same for rules that edit what a watch says, asked again for every line.
    fn edit(&self, asked: &Asked) -> Option<Arc<Rule>> {
        lock(&self.rules).iter().find(|rule| rule.edits() && rule.fits(asked) && rule.take()).cloned()
    }

    /// Whether a rule still counts.
    fn holds(&self, rule: &Arc<Rule>) -> bool {
        lock(&self.rules).iter().any(|held| Arc::ptr_eq(held, rule))
    }

    /// Whether there are rules that edit what watches say.
    fn edits(&self) -> bool {
        lock(&self.rules).iter().any(|rule| rule.edits())
    }
}

async fn accept(listener: TcpListener, port: u16, shared: Arc<Shared>) {
    let mut gate = shared.gate.subscribe();
    let mut listener = Some(listener);
    loop {
        let now = *gate.borrow_and_update();
        if now == Gate::Refuse {
            listener = None;
            let _ = gate.changed().await;
            continue;
        }
        let Some(listening) = &listener else {
            listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.ok();
            if listener.is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            continue;
        };
        tokio::select! {
            changed = gate.changed() => if changed.is_err() { return },
            accepted = listening.accept() => if let Ok((stream, _)) = accepted {
                let id = shared.accepted.fetch_add(1, Ordering::Relaxed);
                connection::spawn(stream, id, now, shared.clone());
            },
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
