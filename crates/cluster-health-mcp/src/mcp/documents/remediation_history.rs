//! `cluster://remediation-history`: what the Coordination Engine was asked to remediate since it started, and what became
//! of it. Counted from its own words; there is no rate where nothing has ended.

use std::collections::BTreeMap;

use cluster_health::ordered::Ordered;
use serde::Serialize;

use crate::integrations::coordination_engine::{Incident, Origin, Status};
use crate::mcp::tools::engine::{self, EngineIncident};
use crate::mcp::{Resource, ResourceError};
use crate::state::State;

pub struct RemediationHistory;

#[derive(Serialize)]
struct Document {
    as_of: String,
    source: &'static str,
    /// Why it is not known, or what of it.
    not_seen: Vec<String>,
    /// Absent where the engine did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Counts>,
    /// The most frequent first.
    by_issue: Vec<OfIssue>,
    /// The newest first.
    recent_actions: Vec<EngineIncident>,
    more: usize,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Counts {
    total_actions: usize,
    completed: usize,
    failed: usize,
    in_progress: usize,
    unknown: usize,
    /// Of those that ended; that the engine's request went through does not say that it helped.
    #[serde(skip_serializing_if = "Option::is_none")]
    success_rate_percent: Option<f64>,
}

#[derive(Serialize)]
struct OfIssue {
    issue_type: String,
    #[serde(flatten)]
    counts: Counts,
}

const RECENT: usize = 20;
const ISSUES: usize = 10;

const FORGETS: &str = "what was before the engine's last start: it keeps workflows in memory only";

impl Resource<State> for RemediationHistory {
    const URI: &'static str = "cluster://remediation-history";
    const NAME: &'static str = "remediation-history";
    const TITLE: &'static str = "Remediation history";
    const DESCRIPTION: &'static str = "What the Coordination Engine was asked to remediate, and what became of it";

    async fn read(state: &State) -> Result<String, ResourceError> {
        let snapshot = state.first_snapshot().await?;
        let as_of = snapshot.report.as_of.to_string();
        super::json(&match engine::incidents(state, None).await {
            Some(Ok(listing)) => document(state, as_of, &listing),
            Some(Err(reason)) => nothing(as_of, reason),
            None => nothing(as_of, "no Coordination Engine is configured (COORDINATION_ENGINE_URL)".to_owned()),
        })
    }
}

fn nothing(as_of: String, reason: String) -> Document {
    Document {
        as_of,
        source: "coordination-engine",
        not_seen: vec![reason],
        summary: None,
        by_issue: Vec::new(),
        recent_actions: Vec::new(),
        more: 0,
    }
}

fn document(state: &State, as_of: String, listing: &engine::Listing) -> Document {
    let actions: Vec<&Incident> = listing.incidents.iter().filter(|it| it.origin == Origin::Workflow).collect();
    let mut by_issue: BTreeMap<String, Vec<Status>> = BTreeMap::new();
    for action in &actions {
        let issue = engine::word(&action.issue_type).unwrap_or_else(|| "a type that is no word".to_owned());
        by_issue.entry(issue).or_default().push(action.status);
    }
    let counts = |(issue_type, statuses): (String, Vec<Status>)| OfIssue { issue_type, counts: Counts::of(&statuses) };
    let mut by_issue: Vec<OfIssue> = by_issue.into_iter().map(counts).collect();
    by_issue.put_in_order_by_key(|issue| std::cmp::Reverse(issue.counts.total_actions));
    by_issue.truncate(ISSUES);
    // That created incidents are cut does not matter here
    let mut not_seen = vec![FORGETS.to_owned()];
    not_seen.extend(engine::told_in_part(state));
    Document {
        as_of,
        source: "coordination-engine",
        not_seen,
        summary: Some(Counts::of(&actions.iter().map(|action| action.status).collect::<Vec<_>>())),
        by_issue,
        recent_actions: actions.iter().take(RECENT).map(|action| EngineIncident::new(state, action)).collect(),
        more: actions.len().saturating_sub(RECENT),
    }
}

impl Counts {
    fn of(statuses: &[Status]) -> Self {
        let mut counts = Self { total_actions: statuses.len(), ..Self::default() };
        for status in statuses {
            *match status {
                Status::Completed => &mut counts.completed,
                Status::Failed => &mut counts.failed,
                Status::InProgress => &mut counts.in_progress,
                _ => &mut counts.unknown,
            } += 1;
        }
        let ended = counts.completed + counts.failed;
        let percent = || (counts.completed as f64 * 1000.0 / ended as f64).round() / 10.0;
        counts.success_rate_percent = (ended > 0).then(percent);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_what_ended() {
        let none = Counts::of(&[Status::InProgress, Status::Unknown]);
        assert_eq!((none.total_actions, none.unknown, none.success_rate_percent), (2, 1, None));
        let some = Counts::of(&[Status::Completed, Status::Completed, Status::Failed, Status::InProgress]);
        assert_eq!(some.success_rate_percent, Some(66.7));
    }
}
