//! The issuer's keys: fetched when the first token comes, again now and then, and when a token names one that is not
//! known; but never in step with whoever sends tokens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use tokio::sync::Mutex;

use super::bad;
use super::issuer::Issuer;
use crate::callers::Denied;

/// Shortest time between two fetches.
const FLOOR: Duration = Duration::from_secs(10);
/// Known keys are asked for again from this age on, so that one that was withdrawn is gone.
const RENEWED: Duration = Duration::from_secs(600);
/// Keys that could not be fetched again for this long count no more.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// No shared secrets: whoever can check those can also make them.
const FAMILIES: [AlgorithmFamily; 2] = [AlgorithmFamily::Rsa, AlgorithmFamily::Ec];

pub(super) struct Keys {
    shared: Arc<Shared>,
}

struct Shared {
    issuer: Issuer,
    known: ArcSwapOption<Known>,
    /// When the issuer was asked last, and why that failed if it did; held while it is asked.
    asked: Mutex<Option<(Instant, Option<String>)>>,
}

struct Known {
    keys: Vec<Key>,
    at: Instant,
}

struct Key {
    id: Option<String>,
    /// Any of the key's family when it names none.
    algorithm: Option<KeyAlgorithm>,
    key: DecodingKey,
}

impl Keys {
    pub(super) fn of(issuer: Issuer) -> Self {
        let shared = Shared { issuer, known: ArcSwapOption::empty(), asked: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The key with that name, if it is for that algorithm.
    pub(super) async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Denied> {
        if !FAMILIES.contains(&algorithm.family()) {
            return Err(bad("its algorithm is not accepted: RS256, PS256, ES256 and their longer kin are"));
        }
        let known = self.shared.known.load_full();
        if let Some(known) = known.filter(|known| known.at.elapsed() < STALE)
            && let Some(key) = known.find(id, algorithm)
        {
            if known.at.elapsed() > RENEWED {
                let shared = self.shared.clone();
                tokio::spawn(async move { shared.renew().await });
            }
            return Ok(key);
        }
        let failed = self.shared.renew().await;
        let known = self.shared.known.load_full().filter(|known| known.at.elapsed() < STALE);
        match (known, failed) {
            (None, failed) => Err(Denied::Away(format!("the issuer's keys: {}", failed.unwrap_or_default()))),
            (Some(known), _) => {
                known.find(id, algorithm).ok_or_else(|| bad("it is signed with a key that the issuer does not have"))
            }
        }
    }
}

#[cfg(test)]
impl Keys {
    /// As if the shortest time had passed.
    pub(super) async fn forget_when_asked(&self) {
        *self.shared.asked.lock().await = None;
    }
}

impl Shared {
    /// Gives the reason when there are no new keys.
    async fn renew(&self) -> Option<String> {
        let mut asked = self.asked.lock().await;
        if let Some((at, failed)) = &*asked
            && at.elapsed() < FLOOR
        {
            return failed.clone();
        }
        let fetched = self.issuer.keys().await;
        let failed = match fetched {
            Ok(set) => {
                self.known.store(Some(Arc::new(Known { keys: usable(&set), at: Instant::now() })));
                None
            }
            Err(reason) => {
                tracing::warn!(reason, "the issuer's keys could not be fetched");
                Some(reason)
            }
        };
        *asked = Some((Instant::now(), failed.clone()));
        failed
    }
}

impl Known {
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let fits = |key: &&Key| {
            key.key.family() == algorithm.family()
                && key.algorithm.is_none_or(|own| own == KeyAlgorithm::from(algorithm))
        };
        match (id, self.keys.as_slice()) {
            (Some(id), keys) => {
                keys.iter().find(|key| key.id.as_deref() == Some(id)).filter(fits).map(|key| key.key.clone())
            }
            // Without a name it has to be clear which one is meant
            (None, [only]) => Some(only).filter(fits).map(|key| key.key.clone()),
            (None, _) => None,
        }
    }
}

fn usable(set: &JwkSet) -> Vec<Key> {
    set.keys.iter().filter_map(key).collect()
}

fn key(jwk: &Jwk) -> Option<Key> {
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|use_| *use_ == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(jwk).ok().filter(|key| signs && FAMILIES.contains(&key.family()))?;
    Some(Key { id: jwk.common.key_id.clone(), algorithm: jwk.common.key_algorithm, key })
}
