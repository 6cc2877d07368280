//! The state every answer reads: one immutable snapshot behind an atomic pointer. A request takes it once and never
//! waits for the source. A caller who may not see everything reads a snapshot of the part it may see, and from its
//! [`State`] there is no way to the rest.

mod views;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use cluster_health::finding::Severity;
use cluster_health::log_signs::Logs;
use cluster_health::model::Kind;
use cluster_health::name::Name;
use cluster_health::noise::{self, Suppressed};
use cluster_health::visibility::{Allowed, Visibility};
use cluster_health::{Cluster, Report, Time, Verdict, assess, render};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::callers::{Away, Bearer, Caller, Right};
use crate::integrations::{CoordinationEngine, ModelProbe, Monitoring};
use crate::metrics::{ClusterFigures, Figures, KindFigures};
use crate::readiness::Readiness;
use crate::remediation::Gate;
use crate::sources::live::{self, Live, logs};

use self::views::Views;

/// A cluster at one moment, with everything that was found in it.
#[derive(Debug)]
pub struct Snapshot {
    pub cluster: Cluster,
    pub report: Report,
    /// Such as `demo` or `must-gather`.
    pub source: &'static str,
    /// What the source met besides the state, for people.
    pub notes: Vec<String>,
    /// Signs in logs that came with the state; a live cluster's are read when somebody asks.
    pub logs: Logs,
    /// Counted when somebody first asks: it takes a pass over all pods.
    pub(crate) suppressed: OnceLock<Vec<Suppressed>>,
}

impl Snapshot {
    pub fn new(cluster: Cluster, as_of: Time, source: &'static str, notes: Vec<String>) -> Self {
        let report = assess(&cluster, as_of);
        Self { cluster, report, source, notes, logs: Logs::new(), suppressed: OnceLock::new() }
    }

    #[must_use]
    pub fn with_logs(self, logs: Logs) -> Self {
        Self { logs, ..self }
    }

    /// What is left of it for whoever sees no more than this. What a source says about itself stays, if it speaks of
    /// kinds and not of objects, as a live one does.
    fn part(&self, sees: &Visibility) -> Self {
        let cluster = self.cluster.visible_to(sees);
        let pods = |namespace: &Name| match sees.of(Kind::Pod) {
            Allowed::All => true,
            Allowed::In(namespaces) => namespaces.contains(namespace),
            Allowed::Nothing => false,
        };
        let logs = self.logs.iter().filter(|((namespace, ..), _)| pods(namespace));
        let logs = logs.map(|(key, signs)| (key.clone(), signs.clone())).collect();
        let notes = if self.source == live::NAME { self.notes.clone() } else { Vec::new() };
        Self::new(cluster, self.report.as_of, self.source, notes).with_logs(logs)
    }

    /// What looks like trouble in it and is none.
    pub fn suppressed(&self) -> &[Suppressed] {
        self.suppressed.get_or_init(|| noise::suppressed(&self.cluster, &self.report))
    }

    /// The verdict in a sentence; where a live cluster is out of sight, also what is waited for.
    pub fn verdict(&self) -> String {
        let verdict = render::verdict(&self.report);
        match self.notes.first() {
            Some(note) if self.report.verdict == Verdict::Unknown && self.source == live::NAME => {
                format!("{verdict} Right now: {note}.")
            }
            _ => verdict,
        }
    }
}

impl Snapshot {
    /// What has to be said beside anything that was read from it: the verdict, where that is that nobody knows.
    pub fn caution(&self) -> Option<String> {
        (self.report.verdict == Verdict::Unknown).then(|| self.verdict())
    }

    /// Why a kind was not seen, or not all of it, or not up to now.
    pub fn caution_about(&self, kind: Kind) -> Option<String> {
        let gap = self.report.coverage.kinds.iter().find(|gap| gap.kind == kind)?;
        Some(format!("{} are not seen, or not all: {}", kind.plural(), gap.because))
    }
}

/// Shared by all requests; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct State {
    current: Arc<ArcSwapOption<Snapshot>>,
    published: Arc<Notify>,
    /// Counts the snapshots that say something else than the one before.
    changes: Arc<watch::Sender<u64>>,
    live: Arc<OnceLock<Live>>,
    monitoring: Arc<OnceLock<Monitoring>>,
    engine: Arc<OnceLock<CoordinationEngine>>,
    /// Counts the snapshots.
    moments: Arc<AtomicU64>,
    first_wait: Duration,
    readiness: Readiness,
    views: Arc<Views>,
    gate: Arc<OnceLock<Gate>>,
    models: Arc<OnceLock<ModelProbe>>,
    /// Logs are read with the token of who asks for them.
    passes_tokens: Arc<AtomicBool>,
    /// Who asks; nobody where the whole is meant.
    caller: Option<Caller>,
}

impl State {
    /// Calls that come before the first snapshot wait this long for it: an archive loads in a moment, and a client that
    /// asks once should get its answer.
    pub fn with_first_wait(first_wait: Duration) -> Self {
        Self { first_wait, ..Self::default() }
    }

    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// The same state as one caller may see it.
    #[must_use]
    pub fn seen_by(&self, caller: &Caller) -> Self {
        Self { caller: Some(caller.clone()), ..self.clone() }
    }

    /// Who asks, where somebody does.
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Switches remediation on; once.
    pub fn allow_remediation(&self, gate: Gate) {
        // A second one would be a mistake in the wiring, and the first goes on
        let _ = self.gate.set(gate);
    }

    /// The way to anything that changes something, where remediation is switched on.
    pub fn gate(&self) -> Option<&Gate> {
        self.gate.get()
    }

    /// Whether whoever asks has a right in the cluster itself. Whoever started this process has the server's.
    pub(crate) async fn caller_may(&self, right: &Right) -> Result<bool, Away> {
        match (&self.caller, self.live()) {
            (Some(caller), _) if caller.is_known() => caller.may(right).await,
            (Some(caller), Some(live)) if caller.is_local() => live.itself_may(right).await,
            _ => Ok(false),
        }
    }

    /// The cluster that is being followed, where there is one.
    fn live(&self) -> Option<&Live> {
        self.live.get()
    }

    /// From now on logs are read with the token of who asks, where they showed one.
    pub fn pass_callers_tokens(&self) {
        self.passes_tokens.store(true, Ordering::Relaxed);
    }

    fn token_to_pass(&self) -> Option<&Bearer> {
        let passes = self.passes_tokens.load(Ordering::Relaxed);
        self.caller.as_ref().filter(|_| passes)?.token_of_the_cluster()
    }

    /// The end of a container's log; nothing where the source has none to read. The reason for having no lines is our
    /// own text. Where the server reads it with its own rights, whoever asks has to have the right too.
    pub async fn log(
        &self,
        (namespace, pod, container): (&str, &str, &str),
        which: logs::Which,
    ) -> Option<Result<Vec<String>, String>> {
        let live = self.live()?;
        if let Some(token) = self.token_to_pass() {
            return Some(live.log((namespace, pod, container), which, Some(token)).await);
        }
        if let Some(caller) = &self.caller {
            match caller.may(&Right::read_log(namespace, pod)).await {
                Ok(true) => {}
                Ok(false) => return Some(Err("you may not read logs in this namespace".to_owned())),
                Err(away) => return Some(Err(format!("whether you may read it could not be found out: {away}"))),
            }
        }
        Some(live.log((namespace, pod, container), which, None).await)
    }

    /// Tells who follows the cluster; once.
    pub fn follow(&self, live: Live) {
        // A second one would be a mistake in the wiring, and the first goes on
        let _ = self.live.set(live);
    }

    /// Whom to ask for measurements; or why nobody. The server asks with its own rights, so whoever wants to know has to be
    /// allowed to list the pods: of the namespace, or all of them and the nodes.
    pub async fn measurements(&self, namespace: Option<&str>) -> Result<&Monitoring, String> {
        let monitoring =
            self.monitoring.get().ok_or("no Prometheus is configured (--prometheus-url, PROMETHEUS_URL)")?;
        let Some(caller) = &self.caller else { return Ok(monitoring) };
        let kinds: &[Kind] = if namespace.is_some() { &[Kind::Pod] } else { &[Kind::Pod, Kind::Node] };
        for &kind in kinds {
            match caller.may(&Right::list(kind, namespace.unwrap_or_default())).await {
                Ok(true) => {}
                Ok(false) if namespace.is_some() => return Err("you may not see the pods of this namespace".to_owned()),
                Ok(false) => return Err(format!("you may not see all {}; name a namespace", kind.plural())),
                Err(away) => return Err(format!("whether you may see them could not be found out: {away}")),
            }
        }
        Ok(monitoring)
    }

    /// Tells whom to ask for measurements; once.
    pub fn monitor(&self, monitoring: Monitoring) {
        // As with the cluster: the first goes on
        let _ = self.monitoring.set(monitoring);
    }

    /// The Coordination Engine, where one is configured. It asks nobody who they are and answers everything: what it
    /// says is for whom [`State::is_told_of`] says.
    pub fn engine(&self) -> Option<&CoordinationEngine> {
        self.engine.get()
    }

    /// Tells of the Coordination Engine; once.
    pub fn coordinate(&self, engine: CoordinationEngine) {
        // As with the cluster: the first goes on
        let _ = self.engine.set(engine);
    }

    /// Whether whoever asks may be told what another service says about a namespace, or about no one in particular: who
    /// may see its pods, or all of them and the nodes.
    pub fn is_told_of(&self, namespace: Option<&str>) -> bool {
        let Some(caller) = &self.caller else { return true };
        match (caller.sees().of(Kind::Pod), namespace) {
            (Allowed::All, Some(_)) => true,
            (Allowed::All, None) => *caller.sees().of(Kind::Node) == Allowed::All,
            (Allowed::In(namespaces), Some(namespace)) => namespaces.contains(namespace),
            _ => false,
        }
    }

    /// Switches the asking of models' own endpoints on; once.
    pub fn probe_models(&self, probe: ModelProbe) {
        // As with the cluster: the first goes on
        let _ = self.models.set(probe);
    }

    /// Who asks a model's own endpoint, where that is switched on.
    pub fn model_probe(&self) -> Option<&ModelProbe> {
        self.models.get()
    }

    /// Changes whenever the verdict or the findings do.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub fn publish(&self, snapshot: Snapshot) {
        let before = self.current.swap(Some(Arc::new(snapshot)));
        self.moments.fetch_add(1, Ordering::Release);
        self.published.notify_waiters();
        let now = self.current.load();
        let same = match (&before, &*now) {
            (Some(before), Some(now)) => says_the_same(&before.report, &now.report),
            _ => false,
        };
        if !same {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    /// How many snapshots there have been. Whoever reads it and then takes the current one has that or a newer.
    pub fn moment(&self) -> u64 {
        self.moments.load(Ordering::Acquire)
    }

    /// The current snapshot, of what the caller may see; before the first, waits for it as long as configured.
    pub async fn first_snapshot(&self) -> Result<Arc<Snapshot>, NotReady> {
        let published = self.published.notified();
        if self.current.load().is_none() {
            // Elapsed or not, the snapshot is there or it is not
            let _ = timeout(self.first_wait, published).await;
        }
        let moment = self.moment();
        let whole = self.whole()?;
        match self.restricted() {
            None => Ok(whole),
            Some(sees) => self
                .views
                .of(sees, moment, whole)
                .await
                .ok_or_else(|| NotReady { awaiting: vec!["the part of the cluster that you may see".to_owned()] }),
        }
    }

    /// The current snapshot, or what is still awaited. Of the whole: a caller who may not see it gets nothing here.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, NotReady> {
        match self.restricted() {
            None => self.whole(),
            Some(_) => Err(NotReady { awaiting: Vec::new() }),
        }
    }

    /// Of the verdict and the findings that the caller may see: the same as long as they say the same.
    pub async fn gist(&self) -> Option<u64> {
        static PROCESS: std::sync::LazyLock<RandomState> = std::sync::LazyLock::new(RandomState::new);
        let snapshot = self.first_snapshot().await.ok()?;
        Some(PROCESS.hash_one(gist(&snapshot.report)))
    }

    fn whole(&self) -> Result<Arc<Snapshot>, NotReady> {
        self.current.load_full().ok_or_else(|| NotReady { awaiting: self.readiness.awaited() })
    }

    fn restricted(&self) -> Option<&Arc<Visibility>> {
        self.caller.as_ref().map(Caller::sees).filter(|sees| !sees.is_everything())
    }
}

/// The same verdict for the same findings, however their age and evidence moved.
fn says_the_same(before: &Report, now: &Report) -> bool {
    gist(before) == gist(now)
}

fn gist(report: &Report) -> (&'static str, BTreeSet<(&'static str, &str)>) {
    let findings = report.findings.iter().map(|finding| (finding.severity.as_str(), &*finding.id));
    (report.verdict.as_str(), findings.collect())
}

/// There is no snapshot yet.
#[derive(Debug, thiserror::Error)]
#[error("not ready yet; waiting for: {}", awaiting.join(", "))]
pub struct NotReady {
    pub awaiting: Vec<String>,
}

impl State {
    fn kinds(&self, cluster: &Cluster) -> Vec<KindFigures> {
        let held = |&kind: &Kind| KindFigures::held(kind.plural(), cluster.count(kind) as u64);
        match self.live() {
            None => Kind::ALL.iter().map(held).collect(),
            Some(live) => live.figures().map(|(kind, figures)| KindFigures::followed(kind.plural(), figures)).collect(),
        }
    }
}

impl ClusterFigures for State {
    fn figures(&self) -> Option<Figures> {
        let snapshot = self.current.load_full()?;
        let report = &snapshot.report;
        let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
        let since_epoch = Duration::from_secs(u64::try_from(report.as_of.unix()).unwrap_or(0));
        Some(Figures {
            verdicts: Verdict::ALL.iter().map(|&verdict| (verdict.as_str(), verdict == report.verdict)).collect(),
            findings: Severity::ALL.iter().map(|&severity| (severity.as_str(), count(severity))).collect(),
            source: snapshot.source,
            kinds: self.kinds(&snapshot.cluster),
            observed: UNIX_EPOCH.checked_add(since_epoch).unwrap_or_else(SystemTime::now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Snapshot {
        Snapshot::new(Cluster::default(), Time::from_unix(1), "test", Vec::new())
    }

    #[tokio::test]
    async fn an_early_question_waits_for_the_first_snapshot() {
        let state = State::with_first_wait(Duration::from_secs(60));
        let asked = tokio::spawn({
            let state = state.clone();
            async move { state.first_snapshot().await }
        });
        tokio::task::yield_now().await;
        state.publish(empty());
        assert!(asked.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn the_wait_is_bounded() {
        let state = State::with_first_wait(Duration::from_millis(1));
        let _pending = state.readiness().pending("archive");
        assert_eq!(state.first_snapshot().await.unwrap_err().awaiting, ["archive"]);
    }
}
