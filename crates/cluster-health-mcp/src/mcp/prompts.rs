//! The prompts on offer, one a file. Each begins with the question and how to answer it, and goes on with what the tools
//! say about it at this moment, so that a model can answer without a call.

pub mod check_anomalies;
pub mod correlate_incidents;
pub mod diagnose_cluster_issues;
mod facts;
pub mod investigate_pods;
pub mod optimize_data_access;
pub mod predict_and_prevent;

use super::Surface;
use super::prompt::{Argument, Takes};
use crate::state::State;

/// Adds every prompt to the surface.
pub fn register(surface: Surface<State>) -> Surface<State> {
    surface
        .prompt::<check_anomalies::CheckAnomalies>()
        .prompt::<correlate_incidents::CorrelateIncidents>()
        .prompt::<diagnose_cluster_issues::DiagnoseClusterIssues>()
        .prompt::<investigate_pods::InvestigatePods>()
        .prompt::<optimize_data_access::OptimizeDataAccess>()
        .prompt::<predict_and_prevent::PredictAndPrevent>()
}

/// How far back to look, by the words the predecessor took.
const WINDOWS: &[&str] = &["1h", "6h", "24h", "7d"];

const fn window(name: &'static str, description: &'static str) -> Argument {
    Argument { name, description, required: false, takes: Takes::OneOf(WINDOWS) }
}

fn hours(window: &str) -> u32 {
    match window {
        "1h" => 1,
        "6h" => 6,
        "7d" => 7 * 24,
        _ => 24,
    }
}

async fn namespaces(state: &State) -> Vec<String> {
    let snapshot = state.first_snapshot().await.ok();
    let namespaces = snapshot.iter().flat_map(|snapshot| snapshot.cluster.namespaces.iter());
    namespaces.map(|namespace| namespace.meta.name.to_string()).collect()
}
