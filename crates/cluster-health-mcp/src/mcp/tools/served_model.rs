//! How far a model that KServe serves has come, as one row; the tools about models share it.

use cluster_health::model::Kind;
use cluster_health::model::condition::Status;
use cluster_health::model::inference_service::InferenceService;
use cluster_health::{Cluster, Time, time, untrusted};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ToolError;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ModelRow {
    pub name: String,
    pub namespace: String,
    /// Its condition Ready is True
    pub ready: bool,
    /// Ready, Stopped, FailedToLoad, InvalidSpec, Pending, Loading, NotReady, or Unknown before KServe has said anything
    pub state: String,
    /// The ServingRuntime it names; absent when KServe chooses one, or it is no name
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Such as sklearn or onnx; absent when the predictor is a container of its own, or it is no name
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Where it answers; absent until it does
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For how long it has been so, such as 3d4h
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_for: Option<String>,
}

impl ModelRow {
    pub(super) fn new(service: &InferenceService, now: Time) -> Self {
        let since = service.conditions.get("Ready").and_then(|ready| ready.since);
        Self {
            name: service.meta.name.to_string(),
            namespace: service.meta.namespace.to_string(),
            ready: service.conditions.is_true("Ready"),
            state: state(service).to_owned(),
            runtime: plain(&service.runtime),
            format: plain(&service.format),
            url: plain(&service.url),
            held_for: since.map(|since| time::short(now.since(since))),
        }
    }
}

/// A field of somebody else's, where it reads as a name or an address.
pub(super) fn plain(name: &str) -> Option<String> {
    untrusted::is_plain(name).then(|| name.to_owned())
}

/// KServe's own words where it has some; a model that was stopped on purpose is nobody's fault.
fn state(service: &InferenceService) -> &'static str {
    let ready = service.conditions.get("Ready").map(|ready| ready.status);
    match (ready, &*service.transition, &*service.target_state) {
        _ if service.conditions.is_true("Stopped") => "Stopped",
        (Some(Status::True), ..) => "Ready",
        (_, "InvalidSpec", _) => "InvalidSpec",
        (_, "BlockedByFailedLoad", _) | (.., "FailedToLoad") => "FailedToLoad",
        (_, _, "Loading") => "Loading",
        (_, _, "Pending") => "Pending",
        (Some(_), ..) => "NotReady",
        (None, ..) => "Unknown",
    }
}

/// Whether anything can be said about models at all.
pub(super) fn seen(cluster: &Cluster) -> Result<(), ToolError> {
    match cluster.coverage.unseen(Kind::InferenceService) {
        None => Ok(()),
        Some(reason) => {
            Err(ToolError::NotSeen { what: "models (InferenceServices)".to_owned(), reason: reason.words() })
        }
    }
}
