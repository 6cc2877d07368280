//! A budget that lets no pod go, on a node that is cordoned to be drained: eviction is refused by the real API server.

use anyhow::{Context, Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("drain-blocked", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "guarded-pods").await?;
    let deployment = objects::deployment("guarded-pods", "single", 1, image::WELL);
    api.create(&objects::collection(Kind::Deployment, "guarded-pods"), &deployment).await?;
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "all"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "single"}}}});
    api.create(&objects::collection(Kind::PodDisruptionBudget, "guarded-pods"), &budget).await?;
    let pods = objects::collection(Kind::Pod, "guarded-pods");
    let (pod, _) = wait::until(ACTED, "the pod runs and is counted", async || {
        let now = api.read(&objects::path(Kind::PodDisruptionBudget, "guarded-pods", "all")).await?;
        ensure!(now["status"]["currentHealthy"] == 1, "{}", now["status"]);
        let pods = api.read(&pods).await?;
        pods["items"].get(0).cloned().context("a pod")
    })
    .await?;
    let name = pod["metadata"]["name"].as_str().context("a name")?;
    let node = objects::path(Kind::Node, "", pod["spec"]["nodeName"].as_str().context("a node")?);
    api.merge(&node, &json!({"spec": {"unschedulable": true}})).await?;
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}});
    let refused = api.post(&format!("{pods}/{name}/eviction"), &eviction).await?;
    ensure!(refused.status == 429, "the eviction: {} {}", refused.status, refused.text());
    let blocks = lane.finding("disruption-budget-blocks-drain", "all", ACTED).await?;
    api.merge(&node, &json!({"spec": {"unschedulable": null}})).await?;
    api.delete(&objects::path(Kind::Namespace, "", "guarded-pods")).await?;
    Ok(title(&blocks))
}
