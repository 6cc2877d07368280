//! Snapshots of the parts that callers may see. Callers who may see the same share one; it is worked out when one of them
//! asks and the cluster has changed since.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cluster_health::visibility::Visibility;
use tokio::sync::Mutex as AsyncMutex;

use super::Snapshot;

/// Teams of one cluster, with room to spare; who asked longest ago is forgotten first.
const MOST: usize = 64;
/// A part that nobody asked for keeps old state in memory.
const IDLE: Duration = Duration::from_secs(300);
/// Working out one part takes at most one part in this many of one processor, as for the whole.
const SHARE: u32 = 20;

#[derive(Debug, Default)]
pub(super) struct Views {
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    sees: Arc<Visibility>,
    used: Instant,
    /// Held while it is worked out, so that all who wait get the same.
    view: Arc<AsyncMutex<Option<View>>>,
}

#[derive(Debug)]
struct View {
    moment: u64,
    made: Instant,
    cost: Duration,
    snapshot: Arc<Snapshot>,
}

impl Views {
    /// `whole` is the snapshot of that moment or of a later one. Nothing when it could not be worked out, which is a
    /// fault of ours and logged.
    pub(super) async fn of(&self, sees: &Arc<Visibility>, moment: u64, whole: Arc<Snapshot>) -> Option<Arc<Snapshot>> {
        let place = self.place(sees);
        let mut view = place.lock().await;
        if let Some(view) = &*view
            && (view.moment >= moment || view.made.elapsed() < view.cost * SHARE)
        {
            return Some(view.snapshot.clone());
        }
        let (began, part) = (Instant::now(), sees.clone());
        let made = tokio::task::spawn_blocking(move || Arc::new(whole.part(&part))).await;
        let snapshot = made.inspect_err(|error| tracing::error!(%error, "a part could not be assessed")).ok()?;
        *view = Some(View { moment, made: Instant::now(), cost: began.elapsed(), snapshot: snapshot.clone() });
        Some(snapshot)
    }

    fn place(&self, sees: &Arc<Visibility>) -> Arc<AsyncMutex<Option<View>>> {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| now.duration_since(one.used) < IDLE);
        if let Some(known) = kept.iter_mut().find(|one| Arc::ptr_eq(&one.sees, sees) || one.sees == *sees) {
            known.used = now;
            return known.view.clone();
        }
        if kept.len() >= MOST
            && let Some(oldest) = (0..kept.len()).min_by_key(|&at| kept[at].used)
        {
            kept.swap_remove(oldest);
        }
        let view = Arc::default();
        kept.push(Kept { sees: sees.clone(), used: now, view: Arc::clone(&view) });
        view
    }
}

#[cfg(test)]
mod tests {
    use cluster_health::Time;
    use cluster_health::model::Kind;
    use cluster_health::visibility::Allowed;

    use super::*;
    use crate::sources::demo;

    fn whole() -> Arc<Snapshot> {
        let loaded = demo::load().unwrap();
        Arc::new(Snapshot::new(loaded.cluster, loaded.as_of, "demo", loaded.notes))
    }

    fn only(namespace: &str) -> Arc<Visibility> {
        let there = || Allowed::In([namespace.into()].into());
        Arc::new(Visibility::nothing().with(Kind::Pod, there()).with(Kind::Namespace, there()))
    }

    #[tokio::test]
    async fn who_sees_the_same_shares_a_snapshot_until_the_next_moment() {
        let (views, whole) = (Views::default(), whole());
        let first = views.of(&only("storefront-web"), 1, whole.clone()).await.unwrap();
        let again = views.of(&only("storefront-web"), 1, whole.clone()).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let other = views.of(&only("storefront-orders"), 1, whole).await.unwrap();
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(other.cluster.pods.iter().all(|pod| pod.meta.namespace.as_str() == "storefront-orders"));
        let later = Arc::new(Snapshot::new(Default::default(), Time::from_unix(9), "demo", Vec::new()));
        let place = views.place(&only("storefront-web"));
        let cost = place.lock().await.as_ref().unwrap().cost;
        tokio::time::sleep(cost * SHARE).await;
        let next = views.of(&only("storefront-web"), 2, later).await.unwrap();
        assert_eq!(next.cluster.pods.len(), 0);
    }

    #[tokio::test]
    async fn parts_are_bounded() {
        let (views, whole) = (Views::default(), whole());
        for number in 0..MOST + 5 {
            views.of(&only(&format!("n{number}")), 1, whole.clone()).await.unwrap();
        }
        assert_eq!(views.kept.lock().unwrap().len(), MOST);
    }
}
