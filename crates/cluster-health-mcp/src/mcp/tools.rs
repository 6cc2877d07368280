//! The tools on offer, one a file. Each takes the current snapshot, and nothing else, and answers from it.

pub mod analyze_scaling_impact;
pub mod calculate_pod_capacity;
mod cursor;
pub mod explain_incident;
pub mod get_cluster_health;
pub mod get_model_status;
pub mod get_timeline;
pub mod get_upgrade_readiness;
pub mod inspect_object;
pub mod list_findings;
pub mod list_incidents;
pub mod list_models;
pub mod list_pods;
mod memory;
mod scope;
mod served_model;
pub mod shapes;

use futures_util::FutureExt;

use super::{Surface, Tool};
use crate::state::State;

/// Tools that answer from the snapshot and their arguments alone, so that an answer is the same until the next snapshot.
pub const REPEATABLE: &[&str] = &[<get_cluster_health::GetClusterHealth as Tool<State>>::NAME];

/// Adds every tool to the surface.
pub fn register(surface: Surface<State>) -> Surface<State> {
    surface
        .for_callers(State::seen_by, |state| state.gist().boxed())
        .tool::<analyze_scaling_impact::AnalyzeScalingImpact>()
        .tool::<calculate_pod_capacity::CalculatePodCapacity>()
        .tool::<explain_incident::ExplainIncident>()
        .tool::<get_cluster_health::GetClusterHealth>()
        .tool::<get_timeline::GetTimeline>()
        .tool::<get_upgrade_readiness::GetUpgradeReadiness>()
        .tool::<inspect_object::InspectObject>()
        .tool::<list_findings::ListFindings>()
        .tool::<list_incidents::ListIncidents>()
        .tool::<list_pods::ListPods>()
}

/// Adds the tools about models that KServe serves.
pub fn register_models(surface: Surface<State>) -> Surface<State> {
    surface.tool::<get_model_status::GetModelStatus>().tool::<list_models::ListModels>()
}
