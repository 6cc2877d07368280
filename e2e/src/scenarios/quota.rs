//! A quota that is used up: the ReplicaSet controller is refused its pods, and the server says by what.

use anyhow::Result;
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};

pub(super) const SCENARIO: Scenario = Scenario::new("quota", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "quota").await?;
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}});
    api.create(&objects::collection(Kind::ResourceQuota, "quota"), &quota).await?;
    let deployment = objects::deployment("quota", "greedy", 3, image::WELL);
    api.create(&objects::collection(Kind::Deployment, "quota"), &deployment).await?;
    let exhausted = lane.finding("quota-exhausted", "few", ACTED).await?;
    let refused = lane.inspect(Kind::Deployment, "quota", "greedy").await?;
    super::contains(&refused.text, "quota")?;
    api.delete(&objects::path(Kind::Namespace, "", "quota")).await?;
    Ok(title(&exhausted))
}
