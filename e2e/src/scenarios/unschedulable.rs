//! A pod that fits on no node: the real scheduler says so, and the server with it.

use anyhow::Result;
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};

pub(super) const SCENARIO: Scenario = Scenario::new("unschedulable", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "huge").await?;
    let mut pod = objects::pod("huge", "whale", image::WELL);
    pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "64", "memory": "1Ti"}});
    api.create(&objects::collection(Kind::Pod, "huge"), &pod).await?;
    let finding = lane.finding("pod-unschedulable", "whale", ACTED).await?;
    api.delete(&objects::path(Kind::Namespace, "", "huge")).await?;
    Ok(title(&finding))
}
