//! What follows from how a round ended.

use std::time::Duration;

use cluster_health::coverage::Reason;
use tokio::time::{Instant, sleep};

use super::{Follower, SHORTEST, follow};
use crate::sources::live::failure::Failure;
use crate::sources::live::timing::spread;

/// A watch that gives nonsense at the same place this often is not asked again from there.
const NONSENSE: u32 = 3;

/// Lists that are asked for again and again take at most one part in this many of the time.
const POLL_SHARE: u32 = 20;

impl Follower {
    /// Draws the conclusions from how a round ended, and waits as long as they demand.
    pub(super) async fn after(&mut self, ended: Result<(), Failure>, heard: u64, lasted: Duration) {
        let (source, kind, timing) = (self.source.clone(), self.place.kind, self.source.timing);
        let (world, place) = (&source.world, self.place.clone());
        let was_listed = !self.version.is_empty();
        if self.standing {
            world.count(&place, |figures| figures.restarts += 1);
        }
        let standing = std::mem::replace(&mut self.standing, false);
        if ended.is_err() {
            self.trusted = false;
        }
        let pause = match ended {
            Ok(()) if self.polls => {
                self.version.clear();
                // However long a list takes, the server has time for others
                spread(timing.poll, timing.poll / 4).max(lasted * POLL_SHARE)
            }
            Ok(()) if heard == 0 && lasted < SHORTEST => self.backoff.pause(),
            Ok(()) => Duration::ZERO,
            Err(Failure::Expired) => {
                self.version.clear();
                world.count(&place, |figures| figures.relists += 1);
                let soon = self.last_expired.replace(Instant::now()).is_some_and(|at| at.elapsed() < timing.recheck);
                if soon {
                    // Lists that never last are no sight of the kind
                    world.lost(&place, Failure::Expired, standing);
                    self.backoff.pause()
                } else {
                    Duration::ZERO
                }
            }
            Err(failure @ (Failure::Forbidden | Failure::NotServed)) => {
                self.version.clear();
                if failure == Failure::Forbidden && world.namespaces.can_stand_in(&place) {
                    self.single_namespaces_instead();
                }
                let reason = if failure == Failure::Forbidden { Reason::Forbidden } else { Reason::NotServed };
                world.unseen(&place, reason);
                spread(timing.recheck, timing.recheck / 4)
            }
            Err(failure) => {
                if let Failure::Garbled(_) = failure {
                    self.nonsense += 1;
                }
                let not_found = matches!(failure, Failure::Refused { code: 404, .. });
                if was_listed && (not_found || self.nonsense >= NONSENSE) {
                    self.version.clear();
                    self.nonsense = 0;
                    world.count(&place, |figures| figures.relists += 1);
                }
                tracing::debug!(kind = kind.name(), %failure, "not followed");
                let asked = match &failure {
                    Failure::Refused { retry_after, .. } => retry_after.unwrap_or_default().min(timing.pause.1),
                    _ => Duration::ZERO,
                };
                let (absent, silent) = (failure.is_absence(), failure == Failure::Silent);
                world.lost(&place, failure, standing && !silent);
                let pause = self.backoff.pause().max(asked);
                if absent {
                    tokio::select! {
                        () = sleep(pause) => {}
                        // Somebody got through
                        () = world.back.notified() => sleep(spread(Duration::ZERO, timing.pause.0)).await,
                    }
                    return;
                }
                pause
            }
        };
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }

    /// The kind may not be read everywhere, so it is followed where it may be.
    fn single_namespaces_instead(&mut self) {
        let source = &self.source;
        source.world.narrow(self.place.kind);
        if self.instead.is_empty() {
            let followers = source.world.namespaces.each(self.place.kind).map(|place| follow(source.clone(), place));
            followers.for_each(|follower| _ = self.instead.spawn(follower));
        }
    }

    /// It may be read everywhere again. Nobody else may write when the list begins.
    pub(super) async fn everywhere_again(&mut self) {
        if !self.instead.is_empty() {
            self.instead.shutdown().await;
            self.source.world.widen(self.place.kind);
        }
    }
}
