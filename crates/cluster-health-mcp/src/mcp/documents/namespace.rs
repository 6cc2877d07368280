//! `cluster://namespaces/{namespace}`: the findings of one namespace.

use cluster_health::cluster::Phases;
use serde::Serialize;

use crate::mcp::tools::scope;
use crate::mcp::tools::shapes::FindingSummary;
use crate::mcp::{ResourceError, ResourceTemplate};
use crate::state::State;

pub struct NamespaceHealth;

#[derive(Serialize)]
struct Document {
    namespace: String,
    as_of: String,
    /// The verdict about the cluster, where that is that nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_seen: Option<String>,
    pods: Phases,
    findings: Vec<FindingSummary>,
    /// Findings left out for size.
    more: usize,
}

const FINDINGS: usize = 20;
const EVIDENCE: usize = 3;

impl ResourceTemplate<State> for NamespaceHealth {
    const URI: &'static str = "cluster://namespaces/{namespace}";
    const NAME: &'static str = "namespace";
    const TITLE: &'static str = "Health of a namespace";
    const DESCRIPTION: &'static str =
        "Findings about one namespace and its objects, causes first, and its pods by phase";

    async fn read(state: &State, namespace: &str) -> Result<String, ResourceError> {
        let snapshot = state.first_snapshot().await?;
        if let Err(error) = scope::namespace(&snapshot.cluster, namespace) {
            return Err(ResourceError::NotFound { hint: error.to_string() });
        }
        let all = &snapshot.report.findings;
        let of_namespace = all.iter().filter(|finding| {
            let object = &finding.object;
            object.namespace == namespace || (&*object.kind == "Namespace" && object.name == namespace)
        });
        let findings: Vec<_> = of_namespace.map(|finding| FindingSummary::new(finding, EVIDENCE)).collect();
        let mut pods = Phases::default();
        for pod in snapshot.cluster.pods.in_namespace(namespace) {
            pods.add(pod.phase);
        }
        let more = findings.len().saturating_sub(FINDINGS);
        let findings = findings.into_iter().take(FINDINGS).collect();
        let as_of = snapshot.report.as_of.to_string();
        let not_seen = snapshot.caution();
        super::json(&Document { namespace: namespace.to_owned(), as_of, not_seen, pods, findings, more })
    }

    async fn values(state: &State) -> Vec<String> {
        let snapshot = state.first_snapshot().await.ok();
        let namespaces = snapshot.iter().flat_map(|snapshot| snapshot.cluster.namespaces.iter());
        namespaces.map(|namespace| namespace.meta.name.to_string()).collect()
    }
}
