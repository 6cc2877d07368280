//! Where the state of a cluster comes from. Each source turns what it reads into changes of one vocabulary; nothing
//! downstream can tell which source spoke.

pub mod archive;
pub mod demo;
pub mod live;
pub mod must_gather;

use std::time::Duration;

use crate::args::{MonitoringAccess, Source};
use crate::integrations::{AccessError, Monitoring};
use crate::readiness::Readiness;
use live::{ConnectError, Live, Timing};
use must_gather::{Loaded, MustGatherError};

/// Longest time a report waits for a live cluster.
const LOOK: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Archive(#[from] MustGatherError),
    #[error(transparent)]
    Cluster(#[from] ConnectError),
    #[error("who is to tell of alerts cannot be asked (PROMETHEUS_CA_FILE)")]
    Monitoring(#[from] AccessError),
    #[error("the runtime could not be started")]
    Runtime(#[source] std::io::Error),
}

/// One moment of a source; of a live cluster with the alerts that `monitoring` tells of. `progress` gets bytes read and
/// bytes in all, where that is known. Blocks.
pub fn load(
    source: &Source,
    monitoring: &MonitoringAccess,
    progress: impl FnMut(u64, u64) + Send,
) -> Result<Loaded, LoadError> {
    match source {
        Source::Demo => Ok(demo::load()?),
        Source::MustGather(path) => Ok(must_gather::load(path, progress)?),
        Source::Live(cluster) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let alerts = Monitoring::new(monitoring)?.alerts();
            let live = Live::new(cluster.clone(), Timing::default(), &Readiness::default()).with_alerts(alerts);
            Ok(runtime.map_err(LoadError::Runtime)?.block_on(live.look(LOOK))?)
        }
    }
}

/// The name of a source in answers and metrics.
pub fn name(source: &Source) -> &'static str {
    match source {
        Source::Demo => "demo",
        Source::MustGather(_) => "must-gather",
        Source::Live(_) => live::NAME,
    }
}
