//! Assesses in the background, when something changed or time has passed, and publishes what every answer reads.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cluster_health::coverage::Seen;
use cluster_health::model::Kind;
use cluster_health::report::ESSENTIAL;
use cluster_health::{Cluster, Time};
use tokio::time::{Instant, sleep, sleep_until};

use super::failure::Failure;
use super::follow::Source;
use super::world::{self, World};
use crate::args::duration::display;
use crate::readiness::{Pending, Readiness};
use crate::state::{Snapshot, State};

/// Assessments take at most one part in this many of one processor: on the largest clusters, where thousands of pods are in
/// trouble, there is one every four seconds.
const SHARE: u32 = 30;

/// For each object held, time between two assessments: every two seconds on the largest clusters. After each, changes copy
/// what the model shares with the snapshot, which costs as much as assessing where all is well.
const EACH_OBJECT: Duration = Duration::from_micros(10);

/// A server that is there has said something by now, on any network.
const SILENCE: Duration = Duration::from_millis(80);

/// First answers wait this long at most for first lists that are coming in; an assistant gives up after five seconds.
const FIRST: Duration = Duration::from_millis(2500);

/// Kinds that a note names.
const NAMED: usize = 3;

/// Of this source, in answers and metrics.
pub const NAME: &str = "live";

/// Never returns.
pub(super) async fn run(source: Arc<Source>, state: State, mut first: Option<Pending>) {
    wait_for_first(&source).await;
    let mut away = Away::default();
    loop {
        let began = Instant::now();
        let settled = source.world.is_settled();
        let losses = source.world.losses();
        away.show(&losses, state.readiness());
        let mut held = 0;
        if let Some(snapshot) = assess(&source, &losses).await {
            held = objects(&snapshot.cluster);
            let ended = if settled { first.take() } else { None };
            if ended.is_some() {
                let report = &snapshot.report;
                tracing::info!(
                    verdict = report.verdict.as_str(),
                    findings = report.findings.len(),
                    "every kind is listed"
                );
            }
            state.publish(snapshot);
            drop(ended);
        }
        let pause = pause(began.elapsed(), held);
        sleep(pause.max(source.timing.settle)).await;
        let due = Instant::now() + source.timing.assess.max(pause);
        tokio::select! {
            () = source.world.changed.notified() => {}
            () = sleep_until(due) => {}
        }
    }
}

fn objects(cluster: &Cluster) -> usize {
    Kind::ALL.iter().map(|&kind| cluster.count(kind)).sum()
}

/// After an assessment that took so long, of so many objects.
fn pause(cost: Duration, objects: usize) -> Duration {
    (cost * SHARE).max(EACH_OBJECT * u32::try_from(objects).unwrap_or(u32::MAX))
}

/// Until there is something to say: all that there is, or why there is nothing.
async fn wait_for_first(source: &Source) {
    let began = Instant::now();
    loop {
        let answered = source.world.has_answered();
        let absent = source.world.losses().iter().any(|(_, failure)| failure.is_absence());
        let left = if answered { FIRST } else { SILENCE }.saturating_sub(began.elapsed());
        if source.world.is_settled() || (absent && !answered) || left.is_zero() {
            return;
        }
        tokio::select! {
            () = source.world.changed.notified() => {}
            () = sleep(left) => {}
        }
    }
}

async fn assess(source: &Source, losses: &[(Kind, Failure)]) -> Option<Snapshot> {
    let cluster = source.world.moment(source.timing.stale, source.longest_silence());
    let notes = notes(&source.world, losses, source.timing.poll);
    let as_of = as_of(&cluster);
    let assessed = tokio::task::spawn_blocking(move || Snapshot::new(cluster, as_of, NAME, notes)).await;
    assessed.inspect_err(|error| tracing::error!(%error, "the assessment failed")).ok()
}

/// Now; or, when the source has lost sight of what nobody can do without, the last moment that is known. Otherwise old
/// state would grow new findings.
fn as_of(cluster: &Cluster) -> Time {
    let stale = ESSENTIAL.iter().filter_map(|&kind| match cluster.coverage.of(kind) {
        Seen::Stale { since, .. } => Some(*since),
        _ => None,
    });
    let now = world::time(SystemTime::now());
    stale.min().unwrap_or(now).min(now)
}

pub(super) fn notes(world: &World, losses: &[(Kind, Failure)], poll: Duration) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((_, first)) = losses.first() {
        let away = !world.follows_any() && losses.iter().all(|(_, failure)| failure.is_absence());
        notes.push(if away {
            format!("waiting for the API server: {first}")
        } else {
            let named = losses.iter().map(|(kind, failure)| format!("{} ({failure})", kind.plural()));
            format!("not followed right now: {}", some(named))
        });
    }
    if let Some(away) = world.monitoring_away() {
        notes.push(format!("alerts or silences are not seen right now: {away}"));
    }
    let narrowed = world.narrowed();
    if !narrowed.is_empty() {
        let names: Vec<&str> = world.namespaces.names().collect();
        let kinds = some(narrowed.iter().map(|kind| kind.plural().to_owned()));
        notes.push(format!("rights reach no further than the namespace {}: {kinds}", names.join(", ")));
    }
    let unwatched = world.unwatched();
    if !unwatched.is_empty() {
        let kinds = some(unwatched.iter().map(|kind| kind.plural().to_owned()));
        notes.push(format!("listed every {} or so, as they cannot be watched: {kinds}", display(poll)));
    }
    if !world.is_settled() {
        notes.push("the first listing has not ended yet".to_owned());
    }
    notes
}

/// The first few, and how many more there are.
fn some(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Says once in the log, and until the server is ready in its readiness, that nobody answers.
#[derive(Default)]
struct Away {
    why: Option<String>,
    pending: Option<Pending>,
}

impl Away {
    fn show(&mut self, losses: &[(Kind, Failure)], readiness: &Readiness) {
        let why = losses.iter().find(|(_, failure)| failure.is_absence()).map(|(_, failure)| failure.to_string());
        if why == self.why {
            return;
        }
        // A server that was ready stays ready: it still answers, and says what it does not know
        self.pending = None;
        match &why {
            Some(why) => {
                tracing::warn!(why, "the API server does not answer");
                if !readiness.is_ready() {
                    self.pending = Some(readiness.pending(format!("the API server ({why})")));
                }
            }
            None => tracing::info!("the API server answers"),
        }
        self.why = why;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::live::place::Namespaces;

    #[test]
    fn what_costs_more_or_holds_more_is_assessed_less_often() {
        assert_eq!(pause(Duration::from_millis(1), 1_000), Duration::from_millis(30));
        assert_eq!(pause(Duration::from_millis(13), 200_000), Duration::from_secs(2));
        assert_eq!(pause(Duration::from_millis(130), 200_000), Duration::from_millis(3_900));
    }

    #[test]
    fn notes_say_what_is_waited_for() {
        let refused = Failure::Unreachable("connection refused".to_owned());
        let away: Vec<_> = Kind::ALL.iter().map(|&kind| (kind, refused.clone())).collect();
        let world = World::new(&Readiness::default(), Namespaces::default());
        assert_eq!(notes(&world, &away, Duration::ZERO)[0], "waiting for the API server: connection refused");
        let listing = world.begin(&Namespaces::everywhere(Kind::Pod));
        world.finish(listing);
        let text = &notes(&world, &away[..5], Duration::ZERO)[0];
        assert!(text.starts_with("not followed right now: ") && text.ends_with(" and 2 more"), "{text}");
        Kind::ALL.iter().for_each(|&kind| world.finish(world.begin(&Namespaces::everywhere(kind))));
        assert!(notes(&world, &[], Duration::ZERO).is_empty());
    }
}
