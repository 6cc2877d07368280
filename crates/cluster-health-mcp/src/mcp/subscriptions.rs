//! Telling clients that a resource changed: on the stream of `subscriptions/listen` in the newer era, and over standard
//! output to whoever subscribed in the older one.

use super::handler::Eyes;
use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What one subscriber may be told about.
pub(super) fn filter(uri: &'static str) -> SubscriptionFilter {
    SubscriptionFilter::builder().resource_subscriptions([uri]).build()
}

/// Tells of every change that this caller can see, until the subscription or the right to it ends.
pub(super) async fn listen<C: Clone + Send + Sync + 'static>(
    context: &SubscriptionContext,
    uri: &'static str,
    mut changes: watch::Receiver<u64>,
    eyes: Eyes<'_, C>,
) {
    let accepted = context.accepted().resource_subscriptions.as_ref();
    let interested = accepted.is_some_and(|uris| uris.iter().any(|known| known == uri));
    changes.mark_unchanged();
    let everything = eyes.see_everything();
    let Ok(mut told) = (if everything { Ok(None) } else { eyes.look().await }) else { return };
    loop {
        let quiet = tokio::select! {
            () = context.cancelled() => return,
            changed = changes.changed(), if interested => if changed.is_err() { return } else { false },
            () = eyes.rest() => true,
        };
        if quiet {
            match eyes.see_the_same().await {
                Err(_) => return,
                Ok(true) => continue,
                Ok(false) => {}
            }
        }
        if !everything {
            match eyes.look().await {
                Err(_) => return,
                Ok(same) if same == told => continue,
                Ok(now) => told = now,
            }
        }
        if interested && context.sink().notify_resource_updated(uri).await.is_err() {
            return;
        }
    }
}

/// The subscriptions of one client that is connected by standard input and output. Dropping it ends them.
#[derive(Clone, Default)]
pub(super) struct Subscriptions {
    running: Arc<Mutex<HashMap<String, DropGuard>>>,
}

impl Subscriptions {
    pub(super) fn begin(&self, uri: &'static str, peer: Peer<RoleServer>, mut changes: watch::Receiver<u64>) {
        let stop = CancellationToken::new();
        self.lock().insert(uri.to_owned(), stop.clone().drop_guard());
        changes.mark_unchanged();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = changes.changed() => {
                        let told = peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri));
                        if changed.is_err() || told.await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
    }

    pub(super) fn end(&self, uri: &str) {
        self.lock().remove(uri);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, DropGuard>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn not_offered(uri: &str, offered: Option<&str>) -> ErrorData {
    let hint = offered.map(|uri| format!("; {uri} can be")).unwrap_or_default();
    ErrorData::invalid_params(format!("{uri} cannot be subscribed to{hint}"), None)
}

/// Answers to HTTP requests of the older era end at once here, and there is no stream to tell anything on.
pub(super) fn no_stream() -> ErrorData {
    ErrorData::invalid_request(
        "over HTTP this server keeps no sessions, so it cannot tell of changes; use subscriptions/listen \
         (2026-07-28), or read the resource again",
        None,
    )
}
