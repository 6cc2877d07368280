//! `investigate-pods`: why pods of a namespace do not run.

use serde_json::json;

use super::facts::Facts;
use crate::mcp::ToolError;
use crate::mcp::prompt::{Argument, Asked, Prompt, Takes};
use crate::mcp::tools::inspect_object::InspectObject;
use crate::mcp::tools::list_findings::ListFindings;
use crate::mcp::tools::list_pods::ListPods;
use crate::state::State;

pub struct InvestigatePods;

impl Prompt<State> for InvestigatePods {
    const NAME: &'static str = "investigate-pods";
    const TITLE: &'static str = "Investigate pods";
    const DESCRIPTION: &'static str = "Why pods of a namespace, or one of them, do not run as they should";
    const ARGUMENTS: &'static [Argument] = &[
        Argument { name: "namespace", description: "Where the pods are", required: true, takes: Takes::Name },
        Argument { name: "pod_name", description: "Only this pod", required: false, takes: Takes::Name },
    ];

    async fn write(state: &State, asked: &Asked, offered: &[&'static str]) -> Result<String, ToolError> {
        let namespace = asked.get("namespace").unwrap_or_default();
        let mut facts = Facts::about(&question(namespace, asked.get("pod_name")));
        match asked.get("pod_name") {
            Some(name) => {
                let pod = json!({ "kind": "Pod", "namespace": namespace, "name": name });
                facts.told_by::<InspectObject>(state, pod, 8_000).await?;
            }
            None => {
                let pods = json!({ "namespace": namespace, "only_unhealthy": true, "limit": 30 });
                facts.told_by::<ListPods>(state, pods, 4_000).await?;
            }
        }
        facts.told_by::<ListFindings>(state, json!({ "namespace": namespace, "limit": 8 }), 7_000).await?;
        facts.more(
            offered,
            &[
                ("inspect-object", "a pod with log: previous shows the last lines before a crash"),
                ("explain-incident", "what outside of the namespace it follows from"),
                ("get-timeline", "what changed in the namespace"),
            ],
        );
        Ok(facts.written())
    }

    async fn values(state: &State, argument: &str) -> Vec<String> {
        match argument {
            "namespace" => super::namespaces(state).await,
            _ => troubled(state).await,
        }
    }
}

fn question(namespace: &str, pod: Option<&str>) -> String {
    let whom = match pod {
        Some(pod) => format!("the pod {pod} of namespace {namespace}"),
        None => format!("the pods of namespace {namespace}"),
    };
    format!(
        "What is the matter with {whom}? Say for each problem what it is (crash, image, scheduling, memory, probe, \
         volume, configuration), since when, its cause, which other objects it follows from, and the first safe step."
    )
}

/// Names worth offering first: pods that are not as they should be.
async fn troubled(state: &State) -> Vec<String> {
    let snapshot = state.first_snapshot().await.ok();
    let pods = snapshot.iter().flat_map(|snapshot| snapshot.cluster.pods.iter());
    pods.filter(|pod| !pod.is_settled()).map(|pod| pod.meta.name.to_string()).collect()
}
