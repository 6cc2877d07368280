//! Callers by TokenReview: the cluster says whose token it is, and what it said is believed for a while.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::bearer::{Bearer, Digest};
use super::kept::{Kept, Turns};
use super::reviews::{Away, Reviews};
use super::{Denied, Identity, Purpose, jwt};

/// People and programs that ask at about the same time.
const MOST_KNOWN: usize = 4096;
const MOST_REFUSED: usize = 4096;
/// A token may become good (an account that was just made), so a refusal counts for less time.
pub(super) const REFUSED: Duration = Duration::from_secs(10);
const FAMILIAR: Duration = Duration::from_secs(3600);

pub(super) struct TokenReview {
    reviews: Arc<dyn Reviews>,
    audiences: Vec<String>,
    kept: Duration,
    known: Kept<Key, Arc<Identity>>,
    refused: Kept<Key, ()>,
    /// Were good lately: asking about those again is no flood.
    familiar: Kept<Key, ()>,
    turns: Turns<Key>,
}

/// A token may count for one purpose and not for the other, as their audiences differ.
type Key = (Digest, Purpose);

impl TokenReview {
    pub(super) fn new(reviews: Arc<dyn Reviews>, audiences: Vec<String>, kept: Duration) -> Self {
        let (known, refused) = (Kept::new(MOST_KNOWN), Kept::new(MOST_REFUSED));
        Self { reviews, audiences, kept, known, refused, familiar: Kept::new(MOST_KNOWN), turns: Turns::default() }
    }

    /// `stranger` is asked before the cluster is.
    pub(super) async fn who(
        &self,
        bearer: &Bearer,
        purpose: Purpose,
        stranger: impl Fn() -> Result<(), Denied>,
    ) -> Result<Identity, Denied> {
        let key = (bearer.digest(), purpose);
        if let Some(answer) = self.kept(&key) {
            return answer;
        }
        let ask = async {
            match self.kept(&key) {
                Some(answer) => answer,
                None => {
                    if self.familiar.get(&key).is_none() {
                        stranger()?;
                    }
                    self.ask(key, bearer).await
                }
            }
        };
        self.turns.run(key, ask).await
    }

    fn kept(&self, key: &Key) -> Option<Result<Identity, Denied>> {
        if let Some(who) = self.known.get(key) {
            return Some(Ok((*who).clone()));
        }
        self.refused.get(key).map(|()| Err(refused()))
    }

    async fn ask(&self, key: Key, bearer: &Bearer) -> Result<Identity, Denied> {
        let asked = Instant::now();
        // Whoever scrapes has a token for the API server
        let audiences = if key.1 == Purpose::Metrics { &[][..] } else { &self.audiences };
        match self.reviews.token(bearer.token(), audiences).await {
            Ok(Some(who)) => {
                self.familiar.insert(key, (), asked + FAMILIAR);
                self.known.insert(key, Arc::new(who.clone()), asked + lifetime(bearer.token(), self.kept));
                Ok(who)
            }
            Ok(None) => {
                self.refused.insert(key, (), asked + REFUSED);
                Err(refused())
            }
            Err(Away(words)) => Err(Denied::Away(words)),
        }
    }
}

/// Not beyond the end that the token itself names, if it names one. That can only shorten it, so it needs no proof.
fn lifetime(token: &str, kept: Duration) -> Duration {
    let Some(ends) = jwt::claimed_end(token) else { return kept };
    let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
    left.min(kept)
}

fn refused() -> Denied {
    Denied::BadToken(
        "the cluster does not know it, it has expired, or it is for somebody else than this server".to_owned(),
    )
}
