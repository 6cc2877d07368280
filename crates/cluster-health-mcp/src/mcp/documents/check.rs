//! `cluster://checks/{id}`: what a check looks at, why, and what it does not count.

use cluster_health::checks::{self, Check, Layer};
use cluster_health::model::Kind;
use cluster_health::ordered::Ordered;
use serde::Serialize;

use crate::mcp::{ResourceError, ResourceTemplate};
use crate::state::State;

pub struct CheckDocument;

#[derive(Serialize)]
struct Document {
    id: &'static str,
    title: &'static str,
    explanation: &'static str,
    layer: Layer,
    needs: &'static [Kind],
    uses: &'static [Kind],
    reference: &'static str,
    /// Identifiers of its current findings.
    findings: Vec<String>,
    /// Why it could not look, or not at everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    blind_because: Option<String>,
}

impl ResourceTemplate<State> for CheckDocument {
    const URI: &'static str = "cluster://checks/{id}";
    const NAME: &'static str = "check";
    const TITLE: &'static str = "A health check";
    const DESCRIPTION: &'static str = "What a check looks at, why it matters, usual causes, and its current findings";

    async fn read(state: &State, id: &str) -> Result<String, ResourceError> {
        let check = checks::by_id(id).ok_or_else(|| ResourceError::NotFound { hint: known_checks() })?;
        let snapshot = state.first_snapshot().await?;
        let report = &snapshot.report;
        let blind = report.coverage.checks_blind.iter().find(|blind| blind.check == id);
        let findings = report.findings.iter().filter(|finding| finding.check == id);
        super::json(&document(check, findings.map(|f| f.id.clone()).collect(), blind.map(|b| b.because.clone())))
    }

    async fn values(_: &State) -> Vec<String> {
        let mut ids: Vec<String> = checks::ALL.iter().map(|check| check.id.to_owned()).collect();
        ids.put_in_order();
        ids
    }
}

fn known_checks() -> String {
    "complete the id, or take check from a finding of list-findings".to_owned()
}

fn document(check: &'static Check, findings: Vec<String>, blind_because: Option<String>) -> Document {
    let &Check { id, title, explain: explanation, layer, needs, uses, reference, .. } = check;
    Document { id, title, explanation, layer, needs, uses, reference, findings, blind_because }
}
