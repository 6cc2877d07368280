//! Who asks, and what they may see. A caller is recognised by a bearer token, or named by a proxy that shows who it is
//! itself, and its rights in the cluster decide which part of it its answers are worked out from.
//!
//! This module decides; it answers nobody and knows no protocol. Whatever cannot be found out counts as a refusal.
//! Tokens are kept nowhere but in the handle of a caller whose subscription is open: caches know their SHA-256.

mod access;
mod bearer;
mod front_proxy;
mod identity;
mod jwt;
mod kept;
mod oidc;
mod reviews;
#[cfg(test)]
pub(crate) mod testing;
mod token_review;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use cluster_health::visibility::Visibility;

use crate::bucket::Buckets;

use self::access::Access;
use self::front_proxy::Vouched;
use self::token_review::TokenReview;

pub use self::access::Inventory;
pub use self::bearer::Bearer;
pub use self::front_proxy::FrontProxy;
pub use self::identity::Identity;
pub use self::oidc::{BadIssuer, Oidc, OidcOptions};
pub use self::reviews::{Away, ObjectRight, Reviews, Right};

/// What was found out about a caller counts for this long. With the ten seconds that the API server itself remembers a
/// token, and the pause between two looks at whoever has a stream open, whatever is taken away is gone within a minute.
const KEPT: Duration = Duration::from_secs(45);
/// Looks in the time that what is known counts.
const LOOKS: u32 = 9;
const _: () = assert!(KEPT.as_secs() + KEPT.as_secs() / LOOKS as u64 + 10 <= 60);

/// Tokens that were never seen before, from one address: a new one costs the API server a request.
const STRANGERS: (u32, u32) = (20, 100);

/// Whoever started this process.
const LOCAL: &str = "local";

/// Decides about every request. Cheap to clone.
#[derive(Clone)]
pub struct Callers {
    shared: Arc<Shared>,
    /// Whose word counts besides tokens.
    proxy: Option<Arc<FrontProxy>>,
}

struct Shared {
    by: By,
    /// Nothing where there is no cluster to ask: who is known may then see everything.
    access: Option<Access>,
    strangers: Buckets<IpAddr>,
    kept: Duration,
}

enum By {
    Nobody,
    TokenReview(Box<TokenReview>),
    Oidc(Box<Oidc>),
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To ask about the cluster.
    Ask,
    /// To read the server's figures, which name no object.
    Metrics,
}

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Sender {
    pub address: IpAddr,
    /// The name in a certificate that was checked, where one was shown.
    pub certificate: Option<Arc<str>>,
}

impl From<IpAddr> for Sender {
    fn from(address: IpAddr) -> Self {
        Self { address, certificate: None }
    }
}

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this server wants to know who asks: send the header Authorization with the word Bearer and a token")]
    NoToken,
    #[error("the token is not accepted: {0}")]
    BadToken(String),
    /// From the proxy that is believed.
    #[error("the proxy in front of this server does not say clearly who asks: {0}")]
    BadHeaders(String),
    /// Known, but without the right.
    #[error("{0}")]
    Forbidden(String),
    #[error("429: too many tokens that were never seen before; try again in a moment")]
    TooMany(Duration),
    #[error("who you are cannot be checked right now ({0}); try again in a few seconds")]
    Away(String),
}

/// Somebody who was let in. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    known: Arc<Known>,
}

struct Known {
    who: Identity,
    sees: Arc<Visibility>,
    /// To ask again; nothing for who needs no asking.
    asked: Option<(Callers, Proof)>,
}

/// By what somebody is known.
#[derive(Clone)]
enum Proof {
    Token(Bearer),
    Proxy(Vouched),
}

impl Callers {
    /// Lets everybody see everything.
    pub fn anybody() -> Self {
        Self::new(By::Nobody, None, KEPT)
    }

    /// Asks the cluster who a token belongs to and what they may see. Without audiences, tokens for the API server count.
    pub fn by_token_review(
        reviews: Arc<dyn Reviews>,
        audiences: Vec<String>,
        inventory: impl Fn() -> Inventory + Send + Sync + 'static,
    ) -> Self {
        Self::by_token_review_kept_for(KEPT, reviews, audiences, inventory)
    }

    /// The same, with another time for which an answer counts.
    pub fn by_token_review_kept_for(
        kept: Duration,
        reviews: Arc<dyn Reviews>,
        audiences: Vec<String>,
        inventory: impl Fn() -> Inventory + Send + Sync + 'static,
    ) -> Self {
        let access = Access::new(reviews.clone(), inventory, kept);
        Self::new(By::TokenReview(Box::new(TokenReview::new(reviews, audiences, kept))), Some(access), kept)
    }

    /// Checks tokens of an issuer, and asks the cluster, where there is one, what they may see.
    pub fn by_oidc<I>(oidc: Oidc, cluster: Option<(Arc<dyn Reviews>, I)>) -> Self
    where
        I: Fn() -> Inventory + Send + Sync + 'static,
    {
        let access = cluster.map(|(reviews, inventory)| Access::new(reviews, inventory, KEPT));
        Self::new(By::Oidc(Box::new(oidc)), access, KEPT)
    }

    fn new(by: By, access: Option<Access>, kept: Duration) -> Self {
        let (rate, burst) = STRANGERS;
        let shared = Shared { by, access, strangers: Buckets::new(rate, burst), kept };
        Self { shared: Arc::new(shared), proxy: None }
    }

    /// Believes such a proxy too.
    #[must_use]
    pub fn believing(self, proxy: FrontProxy) -> Self {
        Self { proxy: Some(Arc::new(proxy)), ..self }
    }

    /// Whether callers have to say who they are.
    pub fn ask(&self) -> bool {
        !matches!(self.shared.by, By::Nobody)
    }

    /// Who issues the tokens, where that is for clients to know.
    pub fn issuer(&self) -> Option<&str> {
        match &self.shared.by {
            By::Oidc(oidc) => Some(oidc.issuer()),
            By::Nobody | By::TokenReview(_) => None,
        }
    }

    pub async fn admit(
        &self,
        headers: &HeaderMap,
        from: impl Into<Sender>,
        purpose: Purpose,
    ) -> Result<Caller, Denied> {
        let from = from.into();
        if let By::Nobody = self.shared.by {
            return Ok(Caller::anonymous(from.address));
        }
        let vouched = match &self.proxy {
            Some(proxy) => proxy.vouches(headers, &from)?,
            None => None,
        };
        let proof = match vouched {
            Some(vouched) => Proof::Proxy(vouched),
            None => Proof::Token(Bearer::of(headers)?),
        };
        self.admit_by(proof, from.address, purpose).await
    }

    async fn admit_by(&self, proof: Proof, from: IpAddr, purpose: Purpose) -> Result<Caller, Denied> {
        let shared = &self.shared;
        let stranger = || shared.strangers.take(&from).map_err(Denied::TooMany);
        let who = match (&proof, &shared.by) {
            (_, By::Nobody) => return Ok(Caller::anonymous(from)),
            (Proof::Proxy(vouched), _) => vouched.who.clone(),
            (Proof::Token(bearer), By::TokenReview(reviewer)) => reviewer.who(bearer, purpose, stranger).await?,
            (Proof::Token(bearer), By::Oidc(oidc)) => oidc.who(bearer).await?,
        };
        let sees = match (&shared.access, purpose) {
            (None, _) => Arc::new(Visibility::everything()),
            (Some(access), Purpose::Ask) => access.sees(&who).await.map_err(|away| Denied::Away(away.0))?,
            (Some(access), Purpose::Metrics) => {
                if !access.may_read_metrics(&who).await.map_err(|away| Denied::Away(away.0))? {
                    let words = format!("{} may not get the path /metrics (a ClusterRole's nonResourceURLs)", who.user);
                    return Err(Denied::Forbidden(words));
                }
                Arc::new(Visibility::nothing())
            }
        };
        Ok(Caller { known: Arc::new(Known { who, sees, asked: Some((self.clone(), proof)) }) })
    }
}

impl std::fmt::Debug for Callers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let by = match &self.shared.by {
            By::Nobody => "nobody",
            By::TokenReview(_) => "token-review",
            By::Oidc(_) => "oidc",
        };
        f.debug_tuple("Callers").field(&by).finish()
    }
}

impl Caller {
    /// Whoever started this process and talks to it over its standard input.
    pub fn local() -> Self {
        Self::unasked(LOCAL, Visibility::everything())
    }

    /// Where nobody is asked who they are.
    pub fn anonymous(from: IpAddr) -> Self {
        Self::unasked(&format!("anonymous@{from}"), Visibility::everything())
    }

    /// Sees nothing at all: for a request that came past whoever should have asked.
    pub fn nobody() -> Self {
        Self::unasked("nobody", Visibility::nothing())
    }

    fn unasked(user: &str, sees: Visibility) -> Self {
        let who = Identity { user: user.to_owned(), ..Identity::default() };
        Self { known: Arc::new(Known { who, sees: Arc::new(sees), asked: None }) }
    }

    pub fn who(&self) -> &Identity {
        &self.known.who
    }

    pub fn sees(&self) -> &Arc<Visibility> {
        &self.known.sees
    }

    /// The token that they showed to the API server's own TokenReview; nothing for who is known in another way, since theirs
    /// may be for somebody else.
    pub(crate) fn token_of_the_cluster(&self) -> Option<&Bearer> {
        match &self.known.asked {
            Some((callers, Proof::Token(bearer))) if matches!(callers.shared.by, By::TokenReview(_)) => Some(bearer),
            _ => None,
        }
    }

    /// The proxy that named them, where one did.
    pub fn vouched_by(&self) -> Option<&str> {
        match &self.known.asked {
            Some((_, Proof::Proxy(vouched))) => Some(&vouched.by),
            _ => None,
        }
    }

    /// Whether it is whoever started this process.
    pub fn is_local(&self) -> bool {
        self.known.asked.is_none() && self.known.who.user == LOCAL
    }

    /// Whether they have said who they are.
    pub fn is_known(&self) -> bool {
        self.known.asked.is_some()
    }

    /// The same caller with the rights of now; not any more when the token or the rights are gone. Stays as it was while
    /// nobody can be asked, for as long as what is known counts.
    pub async fn again(&self) -> Result<Self, Denied> {
        match &self.known.asked {
            None => Ok(self.clone()),
            Some((callers, proof)) => {
                let here = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
                callers.admit_by(proof.clone(), here, Purpose::Ask).await
            }
        }
    }

    /// How often to look whether somebody with a stream open may still have it; never for who needs no asking.
    pub(crate) fn looked_at_every(&self) -> Option<Duration> {
        self.known.asked.as_ref().map(|(callers, _)| callers.shared.kept / LOOKS)
    }

    /// Whether the caller itself has a right in the cluster. Who was not asked has what the server has.
    pub async fn may(&self, right: &Right) -> Result<bool, Away> {
        match self.known.asked.as_ref().map(|(callers, _)| &callers.shared.access) {
            None => Ok(self.known.sees.is_everything()),
            // Known, and no cluster whose rights could be asked for
            Some(None) => Ok(false),
            Some(Some(access)) => access.may(&self.known.who, right).await,
        }
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Caller").field(&self.known.who.user).finish()
    }
}

#[cfg(test)]
mod tests;
