//! `create-incident`: a record in the Coordination Engine. It changes nothing in the cluster, but what others read and what
//! the engine concludes from it, so it passes the gate.

use std::collections::BTreeMap;

use cluster_health::model::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::engine;
use crate::args::is_namespace;
use crate::callers::Right;
use crate::integrations::Away;
use crate::integrations::coordination_engine::NewIncident;
use crate::mcp::{Answer, ToolError};
use crate::outgoing;
use crate::remediation::{Consent, Permit, Remedy};
use crate::state::State;

pub struct CreateIncident;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[schemars(length(min = 5, max = 200))]
    title: String,
    #[schemars(length(min = 10, max = 2000))]
    description: String,
    severity: EngineSeverity,
    /// A namespace, or an object as Kind/namespace/name
    #[schemars(length(min = 1, max = 100))]
    target: String,
    /// As Kind/name in the namespace of the target, or Kind/namespace/name
    #[serde(default)]
    #[schemars(length(max = 50))]
    affected_resources: Vec<String>,
    /// Kept as a label
    #[schemars(length(min = 1, max = 100))]
    correlation_id: Option<String>,
    /// Kept as a label
    #[schemars(length(min = 1, max = 100))]
    external_id: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Kept as a label
    #[schemars(range(min = 0, max = 1))]
    confidence: Option<f64>,
    /// What an earlier call of the same gave out, once your user has agreed
    #[serde(skip_serializing)]
    #[schemars(length(min = 1, max = 100))]
    confirmation: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum EngineSeverity {
    Critical,
    High,
    Medium,
    Low,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Created {
    pub message: String,
    /// The engine's own; absent where it is no single word
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// As the engine gives it: active, or unknown
    pub status: String,
    pub severity: String,
    pub target: String,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// What was kept as labels, since the engine has no fields for it
    pub labels: Vec<String>,
}

const LABELS: usize = 20;
const LABEL_BYTES: usize = 200;

impl EngineSeverity {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl Consent for Arguments {
    fn take_confirmation(&mut self) -> Option<String> {
        self.confirmation.take()
    }

    fn dry_run(&self) -> bool {
        false
    }
}

impl Remedy for CreateIncident {
    const NAME: &'static str = "create-incident";
    const TITLE: &'static str = "Create an incident";
    const DESCRIPTION: &'static str = "Write an incident down in the Coordination Engine, for others to see and for \
        list-incidents. Changes nothing in the cluster. What is diagnosed here needs no such record. Asks for your \
        user's agreement first.";
    const HAS_DRY_RUN: bool = false;

    type Arguments = Arguments;
    type Output = Created;

    fn intent(arguments: &Arguments) -> String {
        let Arguments { severity, target, .. } = arguments;
        format!("writes an incident of {} severity about {target} into the Coordination Engine", severity.as_str())
    }

    /// The engine knows no rights. Whoever may write events of a namespace may say something about it.
    fn rights(arguments: &Arguments) -> Vec<Right> {
        vec![Right::change("create", Kind::Event, &arguments.namespace().unwrap_or_default())]
    }

    /// The engine's own rules, which count bytes, and that the target is something a person can be asked about.
    async fn check(state: &State, arguments: &Arguments) -> Result<(), ToolError> {
        engine::of(state)?;
        for (name, text, most) in [("title", &arguments.title, 200), ("description", &arguments.description, 2000)] {
            if text.len() > most {
                return Err(ToolError::argument(
                    name,
                    text,
                    format!("at most {most} bytes of UTF-8, the engine's limit"),
                ));
            }
        }
        if arguments.namespace().is_none() {
            let accepted = "a namespace, or an object as Kind/name or Kind/namespace/name";
            return Err(ToolError::argument("target", &arguments.target, accepted));
        }
        if let Some(odd) = arguments.affected_resources.iter().find(|text| engine::word(text).is_none()) {
            return Err(ToolError::argument("affected_resources", odd, "objects as Kind/name or Kind/namespace/name"));
        }
        let long = |(key, value): (&String, &String)| key.len() > LABEL_BYTES || value.len() > LABEL_BYTES;
        if arguments.labels.len() > LABELS || arguments.labels.iter().any(long) {
            let accepted = format!("at most {LABELS} labels of {LABEL_BYTES} bytes each");
            return Err(ToolError::argument("labels", arguments.labels.len(), accepted));
        }
        Ok(())
    }

    async fn act(state: &State, arguments: Arguments, permit: &Permit) -> Result<Answer<Created>, ToolError> {
        let labels = arguments.all_labels(&permit.caller().who().user);
        let incident = NewIncident {
            title: &outgoing::text(arguments.title),
            description: &outgoing::text(arguments.description),
            severity: arguments.severity.as_str(),
            target: &arguments.target,
            affected_resources: &arguments.affected_resources,
            labels: &labels,
        };
        let created = engine::of(state)?.create(&incident).await.map_err(not_created)?;
        let id = engine::word(&created.id);
        let known_as = id.as_ref().map(|id| format!(" as {id}")).unwrap_or_default();
        let structured = Created {
            message: format!("The Coordination Engine keeps the incident{known_as}."),
            incident_id: id,
            status: created.status.as_str().to_owned(),
            severity: arguments.severity.as_str().to_owned(),
            target: arguments.target,
            created_at: created.created_at.map(|at| at.to_string()),
            labels: labels.into_keys().collect(),
        };
        let text = format!(
            "{} Target {}, severity {}, status {}.",
            structured.message, structured.target, structured.severity, structured.status
        );
        Ok(Answer { text, structured })
    }
}

impl Arguments {
    /// Of the target; empty where that names an object without one, nothing where it names no object.
    fn namespace(&self) -> Option<String> {
        if is_namespace(&self.target) {
            return Some(self.target.clone());
        }
        engine::object(&self.target, "").map(|object| object.namespace.to_string())
    }

    /// The engine has no fields for these, and would drop them. Who wrote it is not for the caller to say.
    fn all_labels(&self, user: &str) -> BTreeMap<String, String> {
        let mut labels = self.labels.clone();
        let confidence = self.confidence.map(|share| share.to_string());
        for (name, value) in [
            ("correlation_id", self.correlation_id.clone()),
            ("external_id", self.external_id.clone()),
            ("confidence", confidence),
            ("created_by", Some(user.to_owned())),
        ] {
            if let Some(value) = value {
                labels.insert(name.to_owned(), value);
            }
        }
        labels.into_iter().map(|(name, value)| (outgoing::text(name), outgoing::text(value))).collect()
    }
}

fn not_created(away: Away) -> ToolError {
    let (what, reason) = ("Creating the incident".to_owned(), away.to_string());
    if away.is_uncertain() {
        let what = "Whether the incident was created (list-incidents shows it then)".to_owned();
        return ToolError::Away { what, reason };
    }
    ToolError::NotDone { what, reason }
}
