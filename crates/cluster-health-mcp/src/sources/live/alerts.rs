//! Alerts and silences beside the cluster: asked for again and again, like a kind that can be listed and not watched.
//!
//! Who tells of them is not the API server, so its silence says nothing of the cluster, and what it said last is not kept
//! for long: an alert of ten minutes ago is no news of now.

use std::sync::Arc;
use std::time::Duration;

use cluster_health::coverage::{Reason, Seen};
use cluster_health::model::{Kind, Object};
use cluster_health::name::Name;
use tokio::time::{Instant, sleep};

use super::failure::Failure;
use super::follow::Source;
use super::place::Namespaces;
use super::timing::spread;
use crate::integrations::alerts::{Batch, Heard};
use crate::integrations::{Alerts, Away};

/// Never returns.
pub(super) async fn follow(source: Arc<Source>, alerts: Alerts) {
    let mut known = [None; 2];
    loop {
        let (fired, silences) = alerts.ask().await;
        let mut pause = spread(source.timing.alerts, source.timing.alerts / 4);
        for ((kind, heard), known) in [(Kind::Alert, fired), (Kind::Silence, silences)].into_iter().zip(&mut known) {
            if let Some(left) = take(&source, kind, heard, known) {
                pause = pause.min(left);
            }
        }
        sleep(pause).await;
    }
}

/// Puts what was heard into the model. `known` is when it was last complete; the answer, how long that may still count.
fn take(source: &Source, kind: Kind, heard: Heard, known: &mut Option<Instant>) -> Option<Duration> {
    let (world, place) = (&source.world, Namespaces::everywhere(kind));
    match heard {
        Heard::NotConfigured => world.unseen(&place, Reason::NotConfigured),
        Heard::Told(batch) => {
            *known = Some(Instant::now());
            replace(source, kind, batch);
        }
        Heard::Away(away) => {
            let left = known.and_then(|known| source.timing.stale.checked_sub(known.elapsed()));
            tracing::debug!(kind = kind.name(), %away, "not seen");
            if left.is_none() {
                *known = None;
                world.unseen(&place, reason(&away));
            }
            world.lost(&place, Failure::Monitoring(away.to_string()), false);
            return left;
        }
    }
    None
}

fn replace(source: &Source, kind: Kind, batch: Batch) {
    let (world, place) = (&source.world, Namespaces::everywhere(kind));
    let mut listing = world.begin(&place);
    for object in batch.objects.into_iter().filter(|object| is_wanted(&world.namespaces, object)) {
        world.listed(&mut listing, Ok(object));
    }
    world.finish(listing);
    if let Some(why) = batch.gap {
        world.seen_in_part(&place, Seen::Partial { why });
    } else if world.namespaces.are_chosen() && kind == Kind::Alert {
        let names = world.namespaces.names().map(Name::from).collect();
        world.seen_in_part(&place, Seen::InNamespaces(Arc::new(names)));
    }
}

/// Where only some namespaces are looked at, so it is with alerts.
fn is_wanted(namespaces: &Namespaces, object: &Object) -> bool {
    object.kind() != Kind::Alert || !namespaces.are_chosen() || namespaces.contains(object.key().0)
}

fn reason(away: &Away) -> Reason {
    match away {
        Away::Forbidden { .. } | Away::Credentials { .. } => Reason::Forbidden,
        Away::TimedOut { .. } => Reason::TimedOut,
        _ => Reason::Failed,
    }
}
