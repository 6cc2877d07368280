//! `check-anomalies`: what behaves unlike before.

use serde_json::json;

use super::facts::Facts;
use super::{hours, window};
use crate::mcp::ToolError;
use crate::mcp::prompt::{Argument, Asked, Prompt, Takes};
use crate::mcp::tools::get_timeline::GetTimeline;
use crate::mcp::tools::list_findings::ListFindings;
use crate::state::State;

pub struct CheckAnomalies;

const QUESTION: &str = "Does anything here behave unlike before, and what set it off? Say what is unusual, since when, \
    what changed shortly before, and whether it does harm already.";

const NO_FIGURES: &str = "No source of figures over time is configured (PROMETHEUS_URL), so nothing is known about \
    usage, rates or latency. What follows comes from objects and their histories alone.";

impl Prompt<State> for CheckAnomalies {
    const NAME: &'static str = "check-anomalies";
    const TITLE: &'static str = "Check for anomalies";
    const DESCRIPTION: &'static str = "What behaves unlike before, and what changed shortly before it";
    const ARGUMENTS: &'static [Argument] = &[
        Argument { name: "namespace", description: "Only this namespace", required: false, takes: Takes::Name },
        window("timeframe", "How far to look back, 24h unless told"),
    ];

    async fn write(state: &State, asked: &Asked, offered: &[&'static str]) -> Result<String, ToolError> {
        let mut facts = Facts::about(QUESTION);
        if !offered.contains(&"analyze-anomalies") {
            facts.say("Figures over time", NO_FIGURES);
        }
        let (mut changes, mut findings) =
            (json!({ "hours": hours(asked.get("timeframe").unwrap_or_default()) }), json!({}));
        if let Some(namespace) = asked.get("namespace") {
            (changes["namespace"], findings["namespace"]) = (namespace.into(), namespace.into());
        }
        facts.told_by::<GetTimeline>(state, changes, 7_000).await?;
        facts.told_by::<ListFindings>(state, findings, 6_000).await?;
        facts.more(
            offered,
            &[
                ("analyze-anomalies", "unusual values of a metric, with the range that was to be expected"),
                ("get-throttled-pods", "containers held back by their CPU limit"),
                ("get-timeline", "more of what changed"),
            ],
        );
        Ok(facts.written())
    }

    async fn values(state: &State, _: &str) -> Vec<String> {
        super::namespaces(state).await
    }
}
