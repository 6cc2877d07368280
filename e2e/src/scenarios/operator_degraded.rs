//! A ClusterOperator becomes Degraded, stays so, and is mended.

use std::time::Duration;

use anyhow::{Result, ensure};
use cluster_health::model::Kind;

use super::{ACTED, SEEN, Scenario, title};
use crate::objects;
use crate::rig::Rig;
use crate::{kubelet, wait};

pub(super) const SCENARIO: Scenario = Scenario::new("operator-degraded", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    let operator = objects::path(Kind::ClusterOperator, "", "ingress");
    let since = kubelet::ago(Duration::from_secs(3600));
    api.set_status(&operator, &objects::operator_status(true, &since)).await?;
    let degraded = lane.finding("operator-degraded", "ingress", SEEN).await?;
    api.set_status(&operator, &objects::operator_status(false, &kubelet::now())).await?;
    wait::until(ACTED, "the operator is well again", async || {
        let said = lane.inspect(Kind::ClusterOperator, "", "ingress").await?;
        ensure!(said.structured["findings"] == serde_json::json!([]), "{}", said.text);
        Ok(())
    })
    .await?;
    Ok(title(&degraded))
}
