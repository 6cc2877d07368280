//! Whose token is it, and what may they do? Asked of the API server with the server's own rights, which have to include
//! those of `system:auth-delegator`.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::timeout;

use super::Live;
use super::failure::Failure;
use crate::callers::{Away, Identity, Reviews, Right};

const TOKENS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const OWN_ACCESSES: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const ACCESSES: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/// An assistant waits for five seconds in all.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    status: TokenStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenStatus {
    authenticated: bool,
    user: Identity,
    audiences: Vec<String>,
}

#[derive(Deserialize)]
struct AccessAnswer {
    status: AccessStatus,
}

#[derive(Deserialize)]
struct AccessStatus {
    #[serde(default)]
    allowed: bool,
    #[serde(default)]
    denied: bool,
}

#[derive(Serialize)]
struct AccessSpec<'a> {
    #[serde(flatten)]
    who: &'a Identity,
    #[serde(flatten)]
    right: &'a Right,
}

impl Reviews for Live {
    fn token<'a>(&'a self, token: &'a str, audiences: &'a [String]) -> BoxFuture<'a, Result<Option<Identity>, Away>> {
        async move {
            let mut spec = json!({"token": token});
            if !audiences.is_empty() {
                spec["audiences"] = json!(audiences);
            }
            let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec});
            let answer: TokenAnswer = self.review(TOKENS, &review).await?;
            Ok(accepted(answer.status, audiences))
        }
        .boxed()
    }

    fn access<'a>(&'a self, who: &'a Identity, right: &'a Right) -> BoxFuture<'a, Result<bool, Away>> {
        async move {
            let spec = AccessSpec { who, right };
            let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec});
            let answer: AccessAnswer = self.review(ACCESSES, &review).await?;
            Ok(answer.status.allowed && !answer.status.denied)
        }
        .boxed()
    }
}

/// A reply without audiences means that the token counts for the API server, and so not for whom else it was asked for.
fn accepted(status: TokenStatus, audiences: &[String]) -> Option<Identity> {
    let meant = audiences.is_empty() || status.audiences.iter().any(|audience| audiences.contains(audience));
    (status.authenticated && meant && !status.user.user.is_empty()).then_some(status.user)
}

impl Live {
    /// Whether the server itself has a right, by its own identity.
    pub(crate) async fn itself_may(&self, right: &Right) -> Result<bool, Away> {
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": right});
        let answer: AccessAnswer = self.review(OWN_ACCESSES, &review).await?;
        Ok(answer.status.allowed && !answer.status.denied)
    }

    async fn review<T: serde::de::DeserializeOwned>(&self, path: &str, review: &serde_json::Value) -> Result<T, Away> {
        let asked = timeout(PATIENCE, self.source.connection.post_json(path, review)).await;
        asked.unwrap_or(Err(Failure::TimedOut(PATIENCE))).map_err(|failure| match failure {
            Failure::Forbidden => {
                tracing::error!(path, "the server may not ask who its callers are: bind system:auth-delegator to it");
                Away("the server lacks the right to ask; its role needs system:auth-delegator".to_owned())
            }
            failure => Away(format!("the API server: {failure}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(authenticated: bool, user: &str, audiences: &[&str]) -> TokenStatus {
        let audiences = audiences.iter().map(|audience| (*audience).to_owned()).collect();
        TokenStatus { authenticated, user: Identity { user: user.to_owned(), ..Identity::default() }, audiences }
    }

    #[test]
    fn a_token_counts_only_for_an_audience_that_was_asked_for() {
        let ours = ["mcp-server".to_owned()];
        assert!(accepted(status(true, "ann", &["mcp-server"]), &ours).is_some());
        for (status, audiences) in [
            (status(true, "ann", &["vault"]), &ours[..]),
            (status(true, "ann", &[]), &ours),
            (status(false, "ann", &["mcp-server"]), &ours),
            (status(true, "", &["mcp-server"]), &ours),
            (status(false, "ann", &[]), &[]),
        ] {
            assert!(accepted(status, audiences).is_none());
        }
        assert!(accepted(status(true, "ann", &[]), &[]).is_some());
    }

    #[test]
    fn reviews_are_written_as_the_api_reads_them() {
        let who = Identity { user: "ann".to_owned(), groups: vec!["devs".to_owned()], ..Identity::default() };
        let spec = |right: &Right| serde_json::to_value(AccessSpec { who: &who, right }).unwrap();
        assert_eq!(
            spec(&Right::read_log("shop", "web")),
            json!({"user": "ann", "groups": ["devs"], "resourceAttributes": {"verb": "get", "group": "", "version": "v1",
                   "resource": "pods", "subresource": "log", "namespace": "shop", "name": "web"}})
        );
        let path = Right::Path { path: "/metrics".to_owned(), verb: "get".to_owned() };
        let attributes = json!({"path": "/metrics", "verb": "get"});
        assert_eq!(spec(&path), json!({"user": "ann", "groups": ["devs"], "nonResourceAttributes": attributes}));
    }
}
