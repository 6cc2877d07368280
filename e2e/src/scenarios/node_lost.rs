//! A node stops being ready, with pods on it, and comes back.

use anyhow::Result;
use cluster_health::model::Kind;

use super::{SEEN, Scenario, title};
use crate::objects;
use crate::rig::Rig;
use crate::{kubelet, wait};

pub(super) const SCENARIO: Scenario = Scenario::new("node-lost", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    let node = objects::path(Kind::Node, "", "worker-1");
    let since = kubelet::ago(std::time::Duration::from_secs(600));
    api.set_status(&node, &objects::node_status(false, &since)).await?;
    let finding = lane.finding("node-not-ready", "worker-1", SEEN).await?;
    let health = lane.health().await?;
    let status = health.structured["status"].as_str().unwrap_or_default().to_owned();
    anyhow::ensure!(status == "unhealthy" || status == "degraded", "with a lost node: {}", health.text);

    api.set_status(&node, &objects::node_status(true, &kubelet::now())).await?;
    wait::until(super::ACTED, "no finding about the node", async || {
        let said = lane.inspect(Kind::Node, "", "worker-1").await?;
        anyhow::ensure!(said.structured["findings"] == serde_json::json!([]), "{}", said.text);
        Ok(())
    })
    .await?;
    Ok(format!("{status}: {}", title(&finding)))
}
