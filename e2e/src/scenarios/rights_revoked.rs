//! The server's rights are taken away while it runs, and given back.

use anyhow::{Result, ensure};
use serde_json::json;

use super::Scenario;
use crate::rig::{self, ACCOUNT, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("rights-revoked", |rig| Box::pin(run(rig)));

/// Open watches outlive rights; they are asked about again now and then.
const NOTICED: std::time::Duration = std::time::Duration::from_secs(120);

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    let role = format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{ACCOUNT}");
    api.merge(&role, &json!({"rules": []})).await?;
    // A watch that is open stays open, so the loss shows at the latest when the way is broken
    lane.proxy.reset_all();
    let (_, lost) = wait::until(NOTICED, "pods are said to be forbidden", async || {
        let health = lane.health().await?;
        ensure!(health.structured["status"] == "unknown", "{}", health.text);
        ensure!(health.text.contains("forbidden"), "{}", health.text);
        Ok(())
    })
    .await?;
    api.merge(&role, &json!({"rules": rig::rules()})).await?;
    let (_, back) = lane.equal(NOTICED).await?;
    Ok(format!(
        "unknown and forbidden after {:.1} s, whole again after {:.1} s",
        lost.as_secs_f64(),
        back.as_secs_f64()
    ))
}
