//! Asks before it watches: is the kind served, and may we? Answers are the API server's own, and well-formed, so that a
//! proxy's error page is never taken for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cluster_health::model::Kind;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::connection::Connection;
use super::failure::Failure;
use super::paths;

/// One failure serves all that waited for the same answer.
const FAILURE_KEPT: Duration = Duration::from_millis(500);

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

pub(super) struct Access {
    /// Kinds of one group ask at about the same time; for this long one answer serves them all.
    kept: Duration,
    documents: Mutex<HashMap<String, Entry>>,
}

type Entry = Arc<tokio::sync::Mutex<Option<(Instant, Result<Arc<Document>, Failure>)>>>;

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

    /// `Ok` when the kind can be watched; [`Failure::NotServed`] and [`Failure::Forbidden`] are the API server's word.
    pub(super) async fn ask(&self, connection: &Connection, kind: Kind) -> Result<(), Failure> {
        if !kind.group().is_empty() {
            let groups = self.document(connection, "/apis", "APIGroupList").await?;
            let group = groups.groups.iter().find(|group| group.name == kind.group());
            let version = group.and_then(|group| group.versions.iter().find(|it| it.version == kind.version()));
            version.ok_or(Failure::NotServed)?;
        }
        let served = self.document(connection, &paths::group(kind), "APIResourceList").await?;
        if !served.resources.iter().any(|resource| resource.name == kind.plural()) {
            return Err(Failure::NotServed);
        }
        allowed(connection, kind, "watch").await
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
async fn allowed(connection: &Connection, kind: Kind, verb: &str) -> Result<(), Failure> {
    let attributes = json!({"group": kind.group(), "version": kind.version(), "resource": kind.plural(), "verb": verb});
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    match connection.post_json::<Review>(REVIEWS, &review).await {
        Ok(review) if review.status.allowed => Ok(()),
        Ok(_) => Err(Failure::Forbidden),
        Err(Failure::Forbidden | Failure::Refused { code: 404 | 405, .. }) => Ok(()),
        Err(failure) => Err(failure),
    }
}
