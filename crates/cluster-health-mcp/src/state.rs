//! The state every answer reads: one immutable snapshot behind an atomic pointer. A request takes it once and never
//! waits for the source.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use cluster_health::finding::Severity;
use cluster_health::{Cluster, Report, Time, Verdict, assess};

use crate::metrics::{ClusterFigures, Figures};
use crate::readiness::Readiness;

/// A cluster at one moment, with everything that was found in it.
#[derive(Debug)]
pub struct Snapshot {
    pub cluster: Cluster,
    pub report: Report,
    /// Such as `demo` or `must-gather`.
    pub source: &'static str,
    /// What the source met besides the state, for people.
    pub notes: Vec<String>,
}

impl Snapshot {
    pub fn new(cluster: Cluster, as_of: Time, source: &'static str, notes: Vec<String>) -> Self {
        let report = assess(&cluster, as_of);
        Self { cluster, report, source, notes }
    }
}

/// Shared by all requests; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct State {
    current: Arc<ArcSwapOption<Snapshot>>,
    readiness: Readiness,
}

impl State {
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    pub fn publish(&self, snapshot: Snapshot) {
        self.current.store(Some(Arc::new(snapshot)));
    }

    /// The current snapshot, or what is still awaited.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, NotReady> {
        self.current.load_full().ok_or_else(|| NotReady { awaiting: self.readiness.awaited() })
    }
}

/// There is no snapshot yet.
#[derive(Debug, thiserror::Error)]
#[error("not ready yet; waiting for: {}", awaiting.join(", "))]
pub struct NotReady {
    pub awaiting: Vec<String>,
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
            observed: UNIX_EPOCH.checked_add(since_epoch).unwrap_or_else(SystemTime::now),
        })
    }
}
