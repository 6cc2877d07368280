//! A live cluster: one watch a kind, decoded straight into the model, which is assessed in the background.
//!
//! Every kind is listed once when the server starts and then followed; no answer causes a request, but for logs that
//! somebody asks for. Whatever the API server does (away, slow, forgetful, forbidding, nonsense), the model is either a
//! true copy of a moment or says what it is not. Requests are made here and nowhere else.

mod access;
mod alerts;
mod assessor;
mod connection;
mod event;
mod failure;
mod follow;
mod kubeconfig;
mod lines;
pub mod logs;
mod pages;
mod paths;
mod place;
mod pulse;
pub mod rbac;
mod reviews;
mod timing;
mod world;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cluster_health::coverage::Reason;
use cluster_health::log_signs::Logs;
use cluster_health::model::Kind;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::connection::Connection;
use self::follow::Source;
use self::place::Namespaces;
use self::world::World;
use super::must_gather::Loaded;
use crate::args::LiveCluster;
use crate::callers::Bearer;
use crate::integrations::Alerts;
use crate::readiness::{Pending, Readiness};
use crate::state::State;

pub use self::assessor::NAME;
pub use self::connection::ConnectError;
pub use self::timing::Timing;
pub use self::world::FollowFigures;

/// A cluster that is being followed. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    source: Arc<Source>,
    alerts: Alerts,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl Live {
    /// Asks nothing yet. Until each kind has been listed, or is known not to be to have, `readiness` names it.
    pub fn new(cluster: impl Into<LiveCluster>, timing: Timing, readiness: &Readiness) -> Self {
        let cluster = cluster.into();
        let namespaces = match &cluster.namespaces[..] {
            [] => Namespaces::instead(connection::own_namespace(&cluster.access)),
            chosen => Namespaces::chosen(chosen),
        };
        let connection = Connection::new(cluster.access, timing.answer);
        let source = Arc::new(Source::new(connection, World::new(readiness, namespaces), timing));
        Self { source, alerts: Alerts::default() }
    }

    /// Who tells of alerts; nobody without.
    #[must_use]
    pub fn with_alerts(self, alerts: Alerts) -> Self {
        Self { alerts, ..self }
    }

    /// Follows the cluster and publishes what is found, until it is told to stop. Fails only where nothing could mend
    /// it: a kubeconfig that cannot be read. `first` is held until everything has been assessed once.
    pub async fn run(self, state: State, first: Pending, stop: CancellationToken) -> Result<(), ConnectError> {
        connection::configuration(&self.source.connection.access).await?;
        let mut tasks = self.follow();
        tasks.spawn(pulse::feel(self.source.clone()));
        tasks.spawn(assessor::run(self.source, state, Some(first)));
        stop.cancelled().await;
        Ok(())
    }

    /// The cluster at one moment, for a report: everything that can be listed within `patience`.
    pub async fn look(self, patience: Duration) -> Result<Loaded, ConnectError> {
        connection::configuration(&self.source.connection.access).await?;
        let _tasks = self.follow();
        let world = &self.source.world;
        let ends = Instant::now() + patience;
        while !world.is_settled() && Instant::now() < ends {
            let away = world.losses();
            if away.len() == Kind::served().count() && !world.has_answered() {
                break;
            }
            tokio::select! {
                () = world.changed.notified() => {}
                () = sleep(Duration::from_millis(100)) => {}
            }
        }
        let timing = self.source.timing;
        let notes = assessor::notes(world, &world.losses(), timing.poll);
        let cluster = world.moment(timing.stale, self.source.longest_silence());
        Ok(Loaded { cluster, as_of: world::time(SystemTime::now()), notes, logs: Logs::new() })
    }

    /// How well each kind is followed.
    pub fn figures(&self) -> impl Iterator<Item = (Kind, FollowFigures)> {
        Kind::ALL.iter().map(|&kind| (kind, self.source.world.figures(kind)))
    }

    /// The end of a container's log, read by the owner of the token, if one is given. The reason for having none is our
    /// own text.
    pub async fn log(
        &self,
        place: (&str, &str, &str),
        which: logs::Which,
        token: Option<&Bearer>,
    ) -> Result<Vec<String>, String> {
        let asked = logs::tail(&self.source.connection, place, which, token).await;
        asked.map_err(|failure| failure.to_string())
    }

    fn follow(&self) -> JoinSet<()> {
        let places = Kind::served().flat_map(|kind| self.source.world.namespaces.first(kind));
        let mut tasks: JoinSet<()> = places.map(|place| follow::follow(self.source.clone(), place)).collect();
        tasks.spawn(alerts::follow(self.source.clone(), self.alerts.clone()));
        // Etcd tells nobody of itself but who collects an archive
        self.source.world.unseen(&Namespaces::everywhere(Kind::EtcdMember), Reason::NotServed);
        tasks
    }
}
