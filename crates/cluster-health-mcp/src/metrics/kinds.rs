//! How many objects of each kind are held, and how well a live cluster is followed.

use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::KindFigures;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

pub(super) fn register(registry: &mut Registry, kinds: &[KindFigures], now: SystemTime) {
    let objects = Family::<Kind, Gauge>::default();
    for figures in kinds {
        objects.get_or_create(&Kind { kind: figures.kind }).set(whole(figures.objects));
    }
    registry.register("objects", "Objects held, by kind", objects);
    if kinds.iter().all(|figures| figures.followed.is_none()) {
        return;
    }
    let (following, unreadable) = (Family::<Kind, Gauge>::default(), Family::<Kind, Gauge>::default());
    let silence = Family::<Kind, Gauge<f64, AtomicU64>>::default();
    let (restarts, relists) = (Family::<Kind, Counter>::default(), Family::<Kind, Counter>::default());
    for KindFigures { kind, followed, .. } in kinds {
        let (label, Some(figures)) = (Kind { kind }, followed) else { continue };
        following.get_or_create(&label).set(i64::from(figures.following));
        unreadable.get_or_create(&label).set(whole(figures.unreadable));
        restarts.get_or_create(&label).inc_by(figures.restarts);
        relists.get_or_create(&label).inc_by(figures.relists);
        if let Some(heard) = figures.heard {
            silence.get_or_create(&label).set(now.duration_since(heard).unwrap_or_default().as_secs_f64());
        }
    }
    registry.register("watch_following", "1 while the kind is being followed", following);
    registry.register("watch_last_event_age_seconds", "Time since the API last told something of the kind", silence);
    registry.register("watch_restarts", "Watches that ended and were begun anew", restarts);
    registry.register("watch_relists", "Lists besides the first", relists);
    registry.register("unreadable_objects", "Objects that could not be read and are missing", unreadable);
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
