//! Asks before it watches: is the kind served, and may we? Answers are the API server's own, and well-formed, so that a
//! proxy's error page is never taken for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::connection::Connection;
use super::failure::Failure;
use super::paths;
use super::place::Place;

/// One failure serves all that waited for the same answer.
const FAILURE_KEPT: Duration = Duration::from_millis(500);

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

pub(super) struct Access {
    /// Kinds of one group ask at about the same time; for this long one answer serves them all.
    kept: Duration,
    documents: Mutex<HashMap<String, Entry>>,
}

type Entry = Arc<tokio::sync::Mutex<Option<(Instant, Result<Arc<Document>, Failure>)>>>;

/// How a kind can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Watch,
    /// It can only be listed, or may only be.
    Poll,
}

/// A list of groups, or of the resources of one version of a group.
#[derive(Deserialize)]
struct Document {
    kind: String,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Served {
    name: String,
    /// What can be done with them, for whoever may; older servers do not say.
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

impl Access {
    pub(super) fn new(kept: Duration) -> Self {
        Self { kept, documents: Mutex::default() }
    }

    /// How the kind can be followed; [`Failure::NotServed`] and [`Failure::Forbidden`] are the API server's word.
    pub(super) async fn ask(&self, connection: &Connection, place: &Place) -> Result<Way, Failure> {
        let kind = place.kind;
        if !kind.group().is_empty() {
            let groups = self.document(connection, "/apis", "APIGroupList").await?;
            let group = groups.groups.iter().find(|group| group.name == kind.group());
            let version = group.and_then(|group| group.versions.iter().find(|it| it.version == kind.version()));
            version.ok_or(Failure::NotServed)?;
        }
        let served = self.document(connection, &paths::group(kind), "APIResourceList").await?;
        let resource = served.resources.iter().find(|resource| resource.name == kind.plural());
        let verbs = &resource.ok_or(Failure::NotServed)?.verbs;
        let watched = verbs.is_empty() || verbs.iter().any(|verb| verb == "watch");
        if watched && allowed(connection, place, "watch").await? {
            return Ok(Way::Watch);
        }
        if allowed(connection, place, "list").await? { Ok(Way::Poll) } else { Err(Failure::Forbidden) }
    }

    async fn document(&self, connection: &Connection, path: &str, kind: &str) -> Result<Arc<Document>, Failure> {
        let entry = {
            let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
            documents.entry(path.to_owned()).or_default().clone()
        };
        let mut entry = entry.lock().await;
        if let Some((at, answer)) = &*entry
            && at.elapsed() < if answer.is_ok() { self.kept } else { FAILURE_KEPT }
        {
            return answer.clone();
        }
        let answer = connection.get_json::<Document>(path).await.and_then(|document| match document.kind == kind {
            true => Ok(Arc::new(document)),
            false => Err(Failure::garbled(format!("{path} is no {kind}"))),
        });
        *entry = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// Where nobody answers for rights, the list itself will say.
async fn allowed(connection: &Connection, place: &Place, verb: &str) -> Result<bool, Failure> {
    let kind = place.kind;
    let mut attributes =
        json!({"group": kind.group(), "version": kind.version(), "resource": kind.plural(), "verb": verb});
    if let Some(namespace) = &place.namespace {
        attributes["namespace"] = json!(**namespace);
    }
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    match connection.post_json::<Review>(REVIEWS, &review).await {
        Ok(review) => Ok(review.status.allowed),
        Err(Failure::Forbidden | Failure::Refused { code: 404 | 405, .. }) => Ok(true),
        Err(failure) => Err(failure),
    }
}
