//! Pods that run, crash, cannot be pulled and go: the server follows each of them.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;

use super::{SEEN, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("pods", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "pods").await?;
    for (name, image) in [("well", image::WELL), ("crashes", image::CRASHES), ("missing", image::MISSING)] {
        api.create(&objects::collection(Kind::Pod, "pods"), &objects::pod("pods", name, image)).await?;
    }
    let crash = lane.finding("pod-crash-loop", "crashes", SEEN).await?;
    let pull = lane.finding("pod-image-pull", "missing", SEEN).await?;
    let well = lane.inspect(Kind::Pod, "pods", "well").await?;
    ensure!(well.structured["findings"] == serde_json::json!([]), "a pod that is well: {}", well.text);
    lane.equal(SEEN).await?;

    api.delete(&objects::path(Kind::Namespace, "", "pods")).await?;
    wait::until(super::ACTED, "pods are gone", async || {
        let gone = lane.inspect(Kind::Pod, "pods", "crashes").await?;
        ensure!(gone.is_error, "still there: {}", gone.text);
        Ok(())
    })
    .await?;
    Ok(format!("{}; {}", title(&crash), title(&pull)))
}
