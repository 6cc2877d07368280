//! `correlate-incidents`: which problems are one.

use serde_json::json;

use super::facts::Facts;
use super::{hours, window};
use crate::mcp::ToolError;
use crate::mcp::prompt::{Argument, Asked, Prompt, Takes};
use crate::mcp::tools::get_timeline::GetTimeline;
use crate::mcp::tools::list_incidents::ListIncidents;
use crate::state::State;

pub struct CorrelateIncidents;

const QUESTION: &str = "Which of these incidents belong together, and what is behind them? They are joined already \
    along the objects' own references, with a root each; look for what such references cannot show: the same moment, \
    the same change, the same place. Say which are one story and by which facts, which are not, and where to look first.";

impl Prompt<State> for CorrelateIncidents {
    const NAME: &'static str = "correlate-incidents";
    const TITLE: &'static str = "Correlate incidents";
    const DESCRIPTION: &'static str = "Which incidents belong together, and what changed when they began";
    const ARGUMENTS: &'static [Argument] = &[
        window("time_window", "How far to look back for changes, 24h unless told"),
        Argument {
            name: "severity",
            description: "Only incidents at least this severe",
            required: false,
            takes: Takes::OneOf(&["all", "warning", "critical"]),
        },
    ];

    async fn write(state: &State, asked: &Asked, offered: &[&'static str]) -> Result<String, ToolError> {
        let mut facts = Facts::about(QUESTION);
        let mut incidents = json!({ "limit": 20 });
        if let Some(severity) = asked.get("severity").filter(|&severity| severity != "all") {
            incidents["severity"] = severity.into();
        }
        facts.told_by::<ListIncidents>(state, incidents, 8_000).await?;
        let back = hours(asked.get("time_window").unwrap_or_default());
        facts.told_by::<GetTimeline>(state, json!({ "hours": back }), 5_000).await?;
        facts.more(
            offered,
            &[
                ("explain-incident", "its chain, alternatives, and what was ruled out by which evidence"),
                (
                    "create-incident",
                    "a record in the Coordination Engine of what belongs together, if your user wants one",
                ),
            ],
        );
        Ok(facts.written())
    }
}
