//! A cluster's state as `oc adm must-gather` and `oc adm inspect` leave it in files. Knows their layout and their
//! text; reads no file itself, [`super::archive`] does. The state does not depend on the order of files, so a folder, a
//! tar and an inspect of the same moment give the same.

mod collector;
mod etcd_info;
pub mod items;
pub mod layout;
pub mod roots;
pub mod timestamp;

use std::path::Path;

use cluster_health::log_signs::Logs;
use cluster_health::{Cluster, Time};

use super::archive::{self, ArchiveError, End, Limits, Summary};
pub use collector::Collector;

/// A cluster at the moment its archive was collected.
#[derive(Debug)]
pub struct Loaded {
    pub cluster: Cluster,
    /// The newest line of the archive's `timestamp`, else the newest time in its objects; never the wall clock.
    pub as_of: Time,
    /// What was met besides the state, for a person: skipped files, an early end, several roots.
    pub notes: Vec<String>,
    /// What the ends of containers' logs give away.
    pub logs: Logs,
}

#[derive(Debug, thiserror::Error)]
pub enum MustGatherError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(
        "it holds no collection: neither cluster-scoped-resources nor namespaces is in it, or up to four folders down; \
         give what `oc adm must-gather` or `oc adm inspect` made"
    )]
    NoCollection,
    #[error("it has no timestamp file and no object with a time, so nothing in it can be dated")]
    NoTime,
}

/// Loads a folder or an archive. `progress` gets bytes read and bytes in all.
pub fn load(path: &Path, progress: impl FnMut(u64, u64) + Send) -> Result<Loaded, MustGatherError> {
    read(|collector| {
        collector.report_progress_to(progress);
        archive::walk(path, &Limits::default(), collector)
    })
}

/// Runs `walk` with a collector and makes a cluster of what it took.
pub(super) fn read<'p>(
    walk: impl FnOnce(&mut Collector<'_, 'p>) -> Result<Summary, ArchiveError>,
) -> Result<Loaded, MustGatherError> {
    let (collected, summary) = collector::collect(walk)?;
    let notes = notes(&summary, collected.roots());
    let early_end = (!matches!(summary.end, End::Complete)).then(|| summary.end.to_string());
    let (cluster, time, logs) = collected.finish(early_end.as_deref())?;
    Ok(Loaded { as_of: time.ok_or(MustGatherError::NoTime)?, cluster, notes, logs })
}

fn notes(summary: &Summary, roots: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if !matches!(summary.end, End::Complete) {
        notes.push(format!("not all of the archive could be read: {}", summary.end));
    }
    if roots > 1 {
        notes.push(format!("the archive holds {roots} collections; they were merged, newer objects replacing older"));
    }
    for (reason, count) in summary.problems.counts() {
        let example = summary.problems.listed().find(|skipped| skipped.reason == *reason);
        let example = example.map(|skipped| format!(", such as {}", skipped.path)).unwrap_or_default();
        notes.push(format!("{count} files: {reason}{example}"));
    }
    notes
}
