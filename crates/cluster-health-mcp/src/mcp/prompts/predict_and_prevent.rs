//! `predict-and-prevent`: what is going to break, while there is time.

use serde_json::json;

use super::facts::Facts;
use super::{hours, window};
use crate::mcp::ToolError;
use crate::mcp::prompt::{Argument, Asked, Prompt, Takes};
use crate::mcp::tools::get_timeline::GetTimeline;
use crate::mcp::tools::get_upgrade_readiness::GetUpgradeReadiness;
use crate::mcp::tools::list_findings::ListFindings;
use crate::state::State;

pub struct PredictAndPrevent;

const QUESTION: &str = "What is going to break here if nobody acts, and what prevents it? Order by how soon: what has \
    a date (certificates, support, removed APIs), what has lost its reserve (one replica left, no eviction allowed, \
    quota nearly used), what grows. For each: the date or the reason why there is none, what it would break, and the \
    step that prevents it.";

const NO_FIGURES: &str = "No source of figures over time is configured (PROMETHEUS_URL): nothing can be said about \
    growth of disks, memory or load, and no date is to be guessed for them.";

impl Prompt<State> for PredictAndPrevent {
    const NAME: &'static str = "predict-and-prevent";
    const TITLE: &'static str = "Predict and prevent";
    const DESCRIPTION: &'static str = "What is going to break if nobody acts, how soon, and what prevents it";
    const ARGUMENTS: &'static [Argument] = &[
        window("timeframe", "How far back changes count, 24h unless told"),
        Argument {
            name: "confidence_threshold",
            description: "How sure a prediction has to be for the answer to name it",
            required: false,
            takes: Takes::Share,
        },
    ];

    async fn write(state: &State, asked: &Asked, offered: &[&'static str]) -> Result<String, ToolError> {
        let question = match asked.get("confidence_threshold") {
            Some(share) => format!("{QUESTION} Leave out predictions whose stated confidence is below {share}."),
            None => QUESTION.to_owned(),
        };
        let mut facts = Facts::about(&question);
        facts.told_by::<ListFindings>(state, json!({ "limit": 12 }), 6_000).await?;
        facts.told_by::<GetUpgradeReadiness>(state, json!({}), 4_000).await?;
        let back = hours(asked.get("timeframe").unwrap_or_default());
        facts.told_by::<GetTimeline>(state, json!({ "hours": back, "limit": 15 }), 2_500).await?;
        if !offered.contains(&"predict-disk-exhaustion") {
            facts.say("Figures over time", NO_FIGURES);
        }
        facts.more(
            offered,
            &[
                ("predict-disk-exhaustion", "when file systems and volumes are full"),
                ("predict-resource-usage", "expected use of CPU and memory, with its interval"),
                ("get-rightsizing-recommendations", "requests and limits against what is used"),
                ("calculate-pod-capacity", "how many more pods fit"),
                ("get-remediation-recommendations", "next steps, and what a Coordination Engine expects"),
            ],
        );
        Ok(facts.written())
    }
}
