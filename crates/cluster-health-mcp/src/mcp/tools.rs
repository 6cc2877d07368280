//! The tools on offer, one a file. Each takes the current snapshot and answers from it; those that need measurements
//! over time also ask Prometheus, and are there where one is configured.

pub mod analyze_anomalies;
pub mod analyze_scaling_impact;
pub mod calculate_pod_capacity;
pub mod create_incident;
mod cursor;
pub(in crate::mcp) mod engine;
pub mod explain_incident;
pub mod get_cluster_health;
pub mod get_model_status;
pub mod get_remediation_recommendations;
pub mod get_rightsizing_recommendations;
pub mod get_throttled_pods;
pub mod get_timeline;
pub mod get_upgrade_readiness;
pub mod get_workflow_status;
pub mod inspect_object;
pub mod list_findings;
pub mod list_incidents;
pub mod list_models;
pub mod list_pods;
mod measured;
mod memory;
pub mod predict_disk_exhaustion;
pub mod predict_resource_usage;
pub(in crate::mcp) mod scope;
mod served_model;
pub mod shapes;
pub mod trigger_remediation;

use futures_util::FutureExt;

use super::{Surface, Tool};
use crate::remediation::offer;
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
        .tool::<get_remediation_recommendations::GetRemediationRecommendations>()
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

/// Adds the tools that ask a Coordination Engine; those that make it do something only where remediation is switched on.
pub fn register_engine(surface: Surface<State>, state: &State) -> Surface<State> {
    let surface = surface.tool::<get_workflow_status::GetWorkflowStatus>();
    let surface = offer::<create_incident::CreateIncident>(surface, state);
    offer::<trigger_remediation::TriggerRemediation>(surface, state)
}

/// Adds the tools that need measurements over time.
pub fn register_measured(surface: Surface<State>) -> Surface<State> {
    surface
        .tool::<analyze_anomalies::AnalyzeAnomalies>()
        .tool::<get_rightsizing_recommendations::GetRightsizingRecommendations>()
        .tool::<get_throttled_pods::GetThrottledPods>()
        .tool::<predict_disk_exhaustion::PredictDiskExhaustion>()
        .tool::<predict_resource_usage::PredictResourceUsage>()
}
