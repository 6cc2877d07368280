//! The Coordination Engine (v1.1.0): its incidents, its workflows, what it recommends, and the two requests that make it
//! do something. Bodies have the names its decoder reads; it ignores every other without a word.
//!
//! Whoever calls [`CoordinationEngine::trigger`] or [`CoordinationEngine::create`] has a permit; these modules ask for
//! none. What the engine writes is somebody's text: nothing here reads a meaning into it but for the words it is typed by.

mod answer;

use serde::Serialize;

use super::Away;
use super::endpoint::{Access, AccessError, Endpoint, encoded};

pub use answer::{
    Begun, Created, Incident, Incidents, Origin, Recommendation, Recommendations, Status, Step, Workflow,
};

const NAME: &str = "Coordination Engine";

const NEEDS: &str = "to be let through by whatever stands before it, as it asks nobody itself";

/// Fifty incidents of the longest sort are 200 KB; workflows have no bound.
const ANSWER_BYTES: usize = 4 << 20;

/// How many incidents that were created by hand it gives, the newest, whatever is asked for.
pub const CREATED_GIVEN: usize = 50;

/// It takes a threshold of 0 for none and puts its own in place.
const LEAST_THRESHOLD: f64 = 1e-9;

#[derive(Debug)]
pub struct CoordinationEngine {
    endpoint: Endpoint,
}

/// What it is asked to look after.
#[derive(Debug, Serialize)]
pub struct Trigger<'a> {
    pub incident_id: &'a str,
    pub namespace: &'a str,
    pub resource: Resource<'a>,
    pub issue: Issue<'a>,
}

#[derive(Debug, Serialize)]
pub struct Resource<'a> {
    pub kind: &'a str,
    pub name: &'a str,
}

#[derive(Debug, Serialize)]
pub struct Issue<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub description: &'a str,
    pub severity: &'a str,
}

/// An incident to keep.
#[derive(Debug, Serialize)]
pub struct NewIncident<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub severity: &'a str,
    pub target: &'a str,
    pub affected_resources: &'a [String],
    pub labels: &'a std::collections::BTreeMap<String, String>,
}

/// Which recommendations.
#[derive(Debug, Serialize)]
pub struct Wanted<'a> {
    pub timeframe: &'a str,
    pub include_predictions: bool,
    pub confidence_threshold: f64,
    pub namespace: &'a str,
}

impl CoordinationEngine {
    /// Asks nothing yet.
    pub fn new(access: &Access) -> Result<Self, AccessError> {
        Ok(Self { endpoint: Endpoint::new(NAME, NEEDS, access)? })
    }

    /// Its newest first. The namespace is compared with an incident's whole target; it heeds no other filter that is of
    /// use.
    pub async fn incidents(&self, namespace: Option<&str>) -> Result<Incidents, Away> {
        let query = namespace.map(|namespace| format!("?namespace={}", encoded(namespace))).unwrap_or_default();
        let body = self.endpoint.get(&format!("/api/v1/incidents{query}"), ANSWER_BYTES).await?;
        answer::incidents(&body)
    }

    pub async fn workflow(&self, id: &str) -> Result<Workflow, Away> {
        let body = self.endpoint.get(&format!("/api/v1/workflows/{}", encoded(id)), ANSWER_BYTES).await?;
        answer::workflow(&body)
    }

    pub async fn recommendations(&self, wanted: &Wanted<'_>) -> Result<Recommendations, Away> {
        let confidence_threshold = wanted.confidence_threshold.max(LEAST_THRESHOLD);
        let body = self.post("/api/v1/recommendations", &Wanted { confidence_threshold, ..*wanted }).await?;
        answer::recommendations(&body)
    }

    pub async fn create(&self, incident: &NewIncident<'_>) -> Result<Created, Away> {
        answer::created(&self.post("/api/v1/incidents", incident).await?)
    }

    pub async fn trigger(&self, trigger: &Trigger<'_>) -> Result<Begun, Away> {
        answer::begun(&self.post("/api/v1/remediation/trigger", trigger).await?)
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Vec<u8>, Away> {
        let body = serde_json::to_string(body).map_err(|error| Away::garbled(NAME, error))?;
        self.endpoint.post(path, body, ANSWER_BYTES).await
    }
}
