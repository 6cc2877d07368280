//! `trigger-remediation`: has the Coordination Engine do something about an object. What it does is little and not always
//! what its words say, so each request is put into the words it knows, or refused where it would come to nothing.

use cluster_health::Cluster;
use cluster_health::model::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::create_incident::EngineSeverity;
use super::{engine, scope};
use crate::callers::Right;
use crate::integrations::Away;
use crate::integrations::coordination_engine::{Issue, Resource, Trigger};
use crate::mcp::{Answer, ToolError};
use crate::outgoing;
use crate::remediation::{Consent, Permit, Remedy};
use crate::state::State;

pub struct TriggerRemediation;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Of list-incidents or of the engine; the engine keeps it with the workflow
    #[schemars(length(min = 1, max = 253))]
    incident_id: String,
    #[schemars(length(min = 1, max = 63))]
    namespace: String,
    #[schemars(length(min = 1, max = 253))]
    resource_name: String,
    /// Of a StatefulSet or DaemonSet, name one of its pods: the engine would look for a pod of the workload's name
    resource_kind: ResourceKind,
    /// The engine restarts a Deployment or deletes a Pod, whatever it is; oom_kill takes a Pod
    issue_type: IssueType,
    severity: EngineSeverity,
    #[schemars(length(max = 2000))]
    description: Option<String>,
    /// Not true: the engine has no dry run and would act
    dry_run: Option<bool>,
    /// What an earlier call of the same gave out, once your user has agreed
    #[serde(skip_serializing)]
    #[schemars(length(min = 1, max = 100))]
    confirmation: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum ResourceKind {
    Deployment,
    Pod,
    StatefulSet,
    DaemonSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum IssueType {
    PodCrash,
    OomKill,
    HighCpu,
    HighMemory,
    NetworkIssue,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Begun {
    pub message: String,
    /// Give it to get-workflow-status; absent where it is no single word
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    pub incident_id: String,
    /// pending, in_progress, completed or failed, at the moment of the answer; or unknown
    pub status: String,
    /// How the engine thinks the object was deployed, which decides what it does: argocd, helm, operator, manual or unknown
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_method: Option<String>,
    /// The name that the engine was given for the issue
    pub issue_type: String,
}

impl ResourceKind {
    const fn kind(self) -> Kind {
        match self {
            Self::Deployment => Kind::Deployment,
            Self::Pod => Kind::Pod,
            Self::StatefulSet => Kind::StatefulSet,
            Self::DaemonSet => Kind::DaemonSet,
        }
    }
}

impl IssueType {
    /// In the engine's words. What it has none for, it takes for a reason to restart, and shows as it was given.
    const fn engines(self) -> &'static str {
        match self {
            Self::PodCrash => "pod_crash_loop",
            Self::OomKill => "OOMKilled",
            Self::HighCpu => "high_cpu",
            Self::HighMemory => "high_memory",
            Self::NetworkIssue => "network_issue",
        }
    }
}

impl Consent for Arguments {
    fn take_confirmation(&mut self) -> Option<String> {
        self.confirmation.take()
    }

    fn dry_run(&self) -> bool {
        self.dry_run == Some(true)
    }
}

impl Remedy for TriggerRemediation {
    const NAME: &'static str = "trigger-remediation";
    const TITLE: &'static str = "Trigger remediation";
    const DESCRIPTION: &'static str = "Have the Coordination Engine act: it restarts a Deployment or deletes a Pod, or, \
        where Helm, Argo CD or an operator manages it, upgrades or rolls back the release, syncs the application or \
        prods the operator. That repairs no cause: look at explain-incident first. There is no dry run. Asks for your \
        user's agreement first, and needs the right to do it yourself.";
    const HAS_DRY_RUN: bool = false;

    type Arguments = Arguments;
    type Output = Begun;

    fn intent(arguments: &Arguments) -> String {
        let Arguments { namespace, resource_name, resource_kind, .. } = arguments;
        match resource_kind {
            ResourceKind::Pod => format!("deletes Pod {namespace}/{resource_name}, or acts on what manages it"),
            kind => format!("restarts {} {namespace}/{resource_name}, or acts on what manages it", kind.kind().name()),
        }
    }

    /// Of the whole namespace: what manages the object may have the engine change others, and newer engines answer an OOM
    /// kill with a larger limit in the Deployment.
    fn rights(arguments: &Arguments) -> Vec<Right> {
        let namespace = &arguments.namespace;
        vec![Right::change("patch", Kind::Deployment, namespace), Right::change("delete", Kind::Pod, namespace)]
    }

    async fn check(state: &State, arguments: &Arguments) -> Result<(), ToolError> {
        engine::of(state)?;
        if engine::word(&arguments.incident_id).is_none() {
            return Err(ToolError::argument("incident_id", &arguments.incident_id, "an incident's id, of one word"));
        }
        match (arguments.resource_kind, arguments.issue_type) {
            (kind @ (ResourceKind::StatefulSet | ResourceKind::DaemonSet), _) => {
                let accepted = "Pod or Deployment: the engine would delete a pod of that name; name one of its pods";
                Err(ToolError::argument("resource_kind", kind.kind().name(), accepted))
            }
            (ResourceKind::Deployment, IssueType::OomKill) => {
                let accepted = "Pod for oom_kill: the engine would look for a pod of that name; name the pod";
                Err(ToolError::argument("resource_kind", "Deployment", accepted))
            }
            _ => exists(&scope::snapshot(state).await?.cluster, arguments),
        }
    }

    async fn act(state: &State, arguments: Arguments, _: &Permit) -> Result<Answer<Begun>, ToolError> {
        let Arguments { incident_id, namespace, resource_name, resource_kind, issue_type, severity, .. } = arguments;
        let kind = resource_kind.kind().name();
        let description = arguments.description.filter(|text| !text.is_empty());
        let description = description.unwrap_or_else(|| format!("{} of {kind} {resource_name}", issue_type.engines()));
        let trigger = Trigger {
            incident_id: &incident_id,
            namespace: &namespace,
            resource: Resource { kind, name: &resource_name },
            issue: Issue {
                kind: issue_type.engines(),
                description: &outgoing::text(description),
                severity: severity.as_str(),
            },
        };
        let begun = engine::of(state)?.trigger(&trigger).await.map_err(not_begun)?;
        let workflow_id = engine::word(&begun.workflow_id);
        let known_as = workflow_id.clone().unwrap_or_else(|| "a workflow whose name is no word".to_owned());
        let (status, method) = (begun.status.as_str(), engine::word(&begun.deployment_method));
        let managed =
            method.as_ref().map(|method| format!(" It takes the object for deployed by {method}.")).unwrap_or_default();
        let message = format!(
            "The Coordination Engine has begun {known_as} for {kind} {namespace}/{resource_name}: {status}.{managed} \
             Whether it helps is not known yet: ask get-workflow-status."
        );
        let structured = Begun {
            message,
            workflow_id,
            incident_id,
            status: status.to_owned(),
            deployment_method: method,
            issue_type: issue_type.engines().to_owned(),
        };
        Ok(Answer { text: structured.message.clone(), structured })
    }
}

/// The engine does not look before it acts.
fn exists(cluster: &Cluster, arguments: &Arguments) -> Result<(), ToolError> {
    let (namespace, name) = (&arguments.namespace, &arguments.resource_name);
    scope::namespace(cluster, namespace)?;
    let kind = arguments.resource_kind.kind();
    let there = match kind {
        Kind::Pod => cluster.pods.get(namespace, name).is_some(),
        _ => cluster.deployments.get(namespace, name).is_some(),
    };
    if there { Ok(()) } else { Err(scope::not_found(cluster, kind, namespace, name)) }
}

fn not_begun(away: Away) -> ToolError {
    let reason = away.to_string();
    if away.is_uncertain() {
        let what = "Whether the engine has begun (list-incidents shows it then)".to_owned();
        return ToolError::Away { what, reason };
    }
    ToolError::NotDone { what: "Remediation".to_owned(), reason }
}
