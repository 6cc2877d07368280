//! A pod that is being deleted and cannot go, since a finalizer holds it.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, SEEN, Scenario};
use crate::objects::{self, image};
use crate::rig::{self, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("finalizer", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "held").await?;
    let mut pod = objects::pod("held", "held", image::WELL);
    pod["metadata"]["finalizers"] = json!(["rig.invalid/hold"]);
    api.create(&objects::collection(Kind::Pod, "held"), &pod).await?;
    let path = objects::path(Kind::Pod, "held", "held");
    api.delete(&path).await?;
    wait::until(SEEN, "the deletion is seen, and what holds it", async || {
        let said = lane.inspect(Kind::Pod, "held", "held").await?;
        ensure!(said.text.contains("rig.invalid/hold"), "{}", said.text);
        Ok(())
    })
    .await?;
    lane.equal(SEEN).await?;
    api.merge(&path, &json!({"metadata": {"finalizers": null}})).await?;
    wait::until(ACTED, "the pod is gone", async || {
        let said = lane.inspect(Kind::Pod, "held", "held").await?;
        ensure!(said.is_error, "{}", said.text);
        Ok(())
    })
    .await?;
    api.delete(&objects::path(Kind::Namespace, "", "held")).await?;
    Ok("names the finalizer while it holds the pod".to_owned())
}
