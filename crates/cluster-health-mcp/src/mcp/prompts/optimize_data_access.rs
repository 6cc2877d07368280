//! `optimize-data-access`: which call answers which question at the least cost, in this cluster at this moment.

use serde_json::{Value, json};

use super::facts::Facts;
use crate::mcp::prompt::{Argument, Asked, Prompt};
use crate::mcp::tools::get_cluster_health::GetClusterHealth;
use crate::mcp::tools::list_findings::ListFindings;
use crate::mcp::tools::list_incidents::ListIncidents;
use crate::mcp::tools::list_pods::ListPods;
use crate::mcp::{Tool, ToolError};
use crate::state::State;

pub struct OptimizeDataAccess;

const QUESTION: &str = "Which calls should be made to this server, in which order, to learn what is needed with the \
    fewest tokens? All of them are answered from memory and none asks the cluster, so what counts is the size of \
    answers and not their age.";

const ADVICE: &str = "Begin with get-cluster-health: its first line is the verdict, and one answer covers all areas. Ask \
    for one incident by its id, for one object by its name, for one namespace rather than for all. Give seen of a \
    list-incidents answer back as since, and the next answer says what is new. Subscribe to cluster://health rather \
    than asking again and again.";

impl Prompt<State> for OptimizeDataAccess {
    const NAME: &'static str = "optimize-data-access";
    const TITLE: &'static str = "Spend few tokens";
    const DESCRIPTION: &'static str =
        "Which call answers which question at the least cost, measured on this cluster now";
    const ARGUMENTS: &'static [Argument] = &[];

    async fn write(state: &State, _: &Asked, _: &[&'static str]) -> Result<String, ToolError> {
        let mut facts = Facts::about(QUESTION);
        facts.say("How to ask", ADVICE);
        let sizes = [
            size::<GetClusterHealth>(state, json!({ "include_details": false })).await,
            size::<GetClusterHealth>(state, json!({})).await,
            size::<ListIncidents>(state, json!({})).await,
            size::<ListFindings>(state, json!({ "severity": "critical" })).await,
            size::<ListPods>(state, json!({ "only_unhealthy": true })).await,
            size::<ListPods>(state, json!({})).await,
        ];
        facts.say("What answers cost now", &sizes.join("\n"));
        Ok(facts.written())
    }
}

/// A call and the size of its text; what it cannot answer is said as well.
async fn size<T: Tool<State>>(state: &State, arguments: Value) -> String {
    let answered = match serde_json::from_value(arguments.clone()) {
        Ok(typed) => T::call(state, typed).await,
        Err(error) => Err(ToolError::internal(error)),
    };
    match answered {
        Ok(answer) => format!("{} {arguments}: {} bytes", T::NAME, answer.text.len()),
        Err(error) => format!("{} {arguments}: {error}", T::NAME),
    }
}
