//! A Deployment is rolled out to an image that does not exist, and back again, by the real controllers.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, SEEN, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("rollout", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "rollout").await?;
    let mut deployment = objects::deployment("rollout", "api", 2, image::WELL);
    deployment["spec"]["progressDeadlineSeconds"] = json!(5);
    api.create(&objects::collection(Kind::Deployment, "rollout"), &deployment).await?;
    let path = objects::path(Kind::Deployment, "rollout", "api");
    let available = async |image: &'static str| {
        wait::until(ACTED, &format!("rolled out to {image}"), async || {
            let now = api.read(&path).await?;
            let (spec, status) = (&now["spec"]["template"]["spec"]["containers"][0]["image"], &now["status"]);
            ensure!(
                spec == image
                    && status["updatedReplicas"] == 2
                    && status["availableReplicas"] == 2
                    && status["replicas"] == 2
                    && status["observedGeneration"] == now["metadata"]["generation"],
                "{status}"
            );
            Ok(())
        })
        .await
    };
    available(image::WELL).await?;
    lane.equal(SEEN).await?;

    let to = |image: &str| json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}});
    api.merge(&path, &to(image::MISSING)).await?;
    let stuck = lane.finding("workload-rollout-stuck", "api", ACTED).await?;
    let health = lane.health().await?;
    ensure!(health.structured["status"] != "healthy", "with a stuck rollout: {}", health.text);

    api.merge(&path, &to(image::WELL)).await?;
    available(image::WELL).await?;
    wait::until(SEEN, "no finding about the rollout", async || {
        let said = lane.inspect(Kind::Deployment, "rollout", "api").await?;
        ensure!(said.structured["findings"] == json!([]), "{}", said.text);
        Ok(())
    })
    .await?;
    api.delete(&objects::path(Kind::Namespace, "", "rollout")).await?;
    Ok(title(&stuck))
}
