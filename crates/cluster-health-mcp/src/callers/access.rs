//! What a caller may see, found out by SubjectAccessReviews: one a kind for the whole cluster, and where that is refused,
//! one a namespace in which the caller has something at all.
//!
//! A yes is asked for again before it is a minute old, so that a right that is taken away is gone. A no is believed for
//! longer: a new right shows a little later. What was not answered in time counts as a no.

mod questions;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cluster_health::model::Kind;
use cluster_health::name::Name;
use cluster_health::visibility::Visibility;
use futures_util::{StreamExt, stream};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::timeout_at;

use self::questions::{Question, Survey};
use super::Identity;
use super::kept::Kept;
use super::reviews::{Away, Reviews, Right};

/// Asked again in the background from this part of the time on for which an answer counts: nobody waits for it. Of 45
/// seconds, 20.
const RENEWED: (u32, u32) = (4, 9);
/// After a survey that ran out of time.
const CONTINUED: Duration = Duration::from_secs(1);
/// A refusal is believed for this long.
const REFUSED: Duration = Duration::from_secs(120);
/// An assistant waits for five seconds; what is not known by then is asked in the next round.
const PATIENCE: Duration = Duration::from_millis(2500);
/// Reviews under way, of one caller and of all.
const AT_ONCE: usize = 16;
const AT_ONCE_IN_ALL: usize = 48;
/// Callers whose rights are remembered, and for how long after they were first asked for.
const MOST_CALLERS: usize = 512;
const REMEMBERED: Duration = Duration::from_secs(3600);

/// What there is to ask about.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    pub namespaces: Vec<Name>,
    /// Kinds that the API does not serve: nobody needs to be asked about those.
    pub absent: Vec<Kind>,
}

pub(super) struct Access {
    shared: Arc<Shared>,
}

struct Shared {
    reviews: Arc<dyn Reviews>,
    inventory: Box<dyn Fn() -> Inventory + Send + Sync>,
    callers: Kept<Identity, Arc<Rights>>,
    metrics: Kept<Identity, bool>,
    kept: Duration,
    slots: Semaphore,
}

/// Of one caller.
struct Rights {
    who: Identity,
    current: Mutex<Option<Current>>,
    /// Held while they are asked for.
    refused: AsyncMutex<Refused>,
}

/// When a question was answered with no.
type Refused = HashMap<Question, Instant>;

#[derive(Clone)]
struct Current {
    sees: Arc<Visibility>,
    /// Before the first question was asked.
    at: Instant,
    complete: bool,
}

impl Access {
    pub(super) fn new(
        reviews: Arc<dyn Reviews>,
        inventory: impl Fn() -> Inventory + Send + Sync + 'static,
        kept: Duration,
    ) -> Self {
        let shared = Shared {
            reviews,
            inventory: Box::new(inventory),
            callers: Kept::new(MOST_CALLERS),
            metrics: Kept::new(MOST_CALLERS),
            kept,
            slots: Semaphore::new(AT_ONCE_IN_ALL),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(super) async fn sees(&self, who: &Identity) -> Result<Arc<Visibility>, Away> {
        let rights = self.rights(who);
        let current = rights.current().clone();
        let Some(current) = current.filter(|current| current.at.elapsed() < self.shared.kept) else {
            return self.shared.renew(&rights).await;
        };
        if current.is_due(self.shared.kept) {
            let (shared, rights) = (self.shared.clone(), rights);
            tokio::spawn(async move {
                if let Err(away) = shared.renew(&rights).await {
                    tracing::debug!(%away, "a caller's rights could not be asked for again");
                }
            });
        }
        Ok(current.sees)
    }

    pub(super) async fn may_read_metrics(&self, who: &Identity) -> Result<bool, Away> {
        if let Some(known) = self.shared.metrics.get(who) {
            return Ok(known);
        }
        let asked = Instant::now();
        let allowed = self.may(who, &Right::read_metrics()).await?;
        self.shared.metrics.insert(
            who.clone(),
            allowed,
            asked + if allowed { self.shared.kept } else { super::token_review::REFUSED },
        );
        Ok(allowed)
    }

    pub(super) async fn may(&self, who: &Identity, right: &Right) -> Result<bool, Away> {
        self.shared.may(who, right).await
    }

    fn rights(&self, who: &Identity) -> Arc<Rights> {
        self.shared.callers.get(who).unwrap_or_else(|| {
            let rights = Rights { who: who.clone(), current: Mutex::default(), refused: AsyncMutex::default() };
            let rights = Arc::new(rights);
            self.shared.callers.insert(who.clone(), rights.clone(), Instant::now() + REMEMBERED);
            rights
        })
    }
}

impl Rights {
    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn is_due(&self, kept: Duration) -> bool {
        let (part, of) = RENEWED;
        self.at.elapsed() >= if self.complete { kept * part / of } else { CONTINUED }
    }
}

impl Shared {
    async fn may(&self, who: &Identity, right: &Right) -> Result<bool, Away> {
        let _slot = self.slots.acquire().await.map_err(|_| Away("the server is stopping".to_owned()))?;
        self.reviews.access(who, right).await
    }

    /// Whoever waited for somebody else's asking takes what that one learnt.
    async fn renew(self: &Arc<Self>, rights: &Arc<Rights>) -> Result<Arc<Visibility>, Away> {
        let mut refused = rights.refused.lock().await;
        if let Some(current) = rights.current().clone().filter(|current| !current.is_due(self.kept)) {
            return Ok(current.sees);
        }
        let at = Instant::now();
        refused.retain(|_, when| at.duration_since(*when) < REFUSED);
        let mut round =
            Round { shared: self, rights, refused: &mut refused, until: (at + PATIENCE).into(), complete: true };
        let sees = round.survey().await?;
        let complete = round.complete;
        let mut current = rights.current();
        // The same part keeps its pointer, by which what was worked out for it is found
        let known = current.take().map(|known| known.sees).filter(|known| **known == sees);
        let sees = known.unwrap_or_else(|| Arc::new(sees));
        *current = Some(Current { sees: sees.clone(), at, complete });
        Ok(sees)
    }
}

/// One time that a caller's rights are asked for.
struct Round<'a> {
    shared: &'a Arc<Shared>,
    rights: &'a Arc<Rights>,
    refused: &'a mut Refused,
    until: tokio::time::Instant,
    complete: bool,
}

impl Round<'_> {
    async fn survey(&mut self) -> Result<Visibility, Away> {
        let inventory = (self.shared.inventory)();
        let everywhere = self.ask(Survey::everywhere()).await?;
        let mut survey = Survey::new(everywhere, inventory, self.rights.who.namespace());
        let there = self.ask(survey.where_at_all()).await?;
        let found = self.ask(survey.in_each(&there)).await?;
        survey.add(there);
        survey.add(found);
        Ok(survey.visibility())
    }

    /// Those of the questions that are answered with yes.
    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Question>, Away> {
        let open = questions.into_iter().filter(|question| !self.refused.contains_key(question));
        let open: Vec<_> = open.map(|question| one(self.shared.clone(), self.rights.clone(), question)).collect();
        let mut answers = stream::iter(open).buffer_unordered(AT_ONCE);
        let mut allowed = Vec::new();
        loop {
            match timeout_at(self.until, answers.next()).await {
                Ok(Some((question, true_or_not))) => match true_or_not? {
                    true => allowed.push(question),
                    false => drop(self.refused.insert(question, Instant::now())),
                },
                Ok(None) => return Ok(allowed),
                Err(_) => {
                    self.complete = false;
                    return Ok(allowed);
                }
            }
        }
    }
}

async fn one(shared: Arc<Shared>, rights: Arc<Rights>, question: Question) -> (Question, Result<bool, Away>) {
    let answer = shared.may(&rights.who, &question.right()).await;
    (question, answer)
}
