//! `diagnose-cluster-issues`: what is wrong, why, and what to do first.

use serde_json::json;

use super::facts::Facts;
use crate::mcp::ToolError;
use crate::mcp::prompt::{Argument, Asked, Prompt, Takes};
use crate::mcp::tools::get_cluster_health::GetClusterHealth;
use crate::mcp::tools::list_incidents::ListIncidents;
use crate::state::State;

pub struct DiagnoseClusterIssues;

const QUESTION: &str = "What is wrong with this cluster, why, and what should be done first? Give the verdict in one \
    sentence; then each root cause, worst first, with its evidence, since when, what it broke and the first safe step; \
    then what could not be seen.";

impl Prompt<State> for DiagnoseClusterIssues {
    const NAME: &'static str = "diagnose-cluster-issues";
    const TITLE: &'static str = "Diagnose the cluster";
    const DESCRIPTION: &'static str = "What is wrong with the cluster, why, and what to do first";
    const ARGUMENTS: &'static [Argument] = &[Argument {
        name: "severity",
        description: "Only problems at least this severe",
        required: false,
        takes: Takes::OneOf(&["all", "warning", "critical"]),
    }];

    async fn write(state: &State, asked: &Asked, offered: &[&'static str]) -> Result<String, ToolError> {
        let mut facts = Facts::about(QUESTION);
        match asked.get("severity") {
            None | Some("all") => facts.told_by::<GetClusterHealth>(state, json!({}), 13_000).await?,
            Some(severity) => {
                facts.told_by::<ListIncidents>(state, json!({ "severity": severity, "limit": 12 }), 13_000).await?;
            }
        }
        facts.more(
            offered,
            &[
                ("explain-incident", "the chain, the alternatives and what was ruled out, for the id of an incident"),
                ("get-timeline", "what changed before it began"),
                ("inspect-object", "one object with its fields, events and neighbours"),
            ],
        );
        Ok(facts.written())
    }
}
