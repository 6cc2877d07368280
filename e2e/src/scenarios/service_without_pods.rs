//! A Service whose pods are not ready: the real endpoints controller leaves it without addresses.

use anyhow::Result;
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};

pub(super) const SCENARIO: Scenario = Scenario::new("service-without-pods", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "dark").await?;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"},
        "spec": {"selector": {"app": "front"}, "ports": [{"port": 80}]}});
    api.create(&objects::collection(Kind::Service, "dark"), &service).await?;
    let deployment = objects::deployment("dark", "front", 2, image::CRASHES);
    api.create(&objects::collection(Kind::Deployment, "dark"), &deployment).await?;
    let without = lane.finding("network-service-without-endpoints", "front", ACTED).await?;
    api.delete(&objects::path(Kind::Namespace, "", "dark")).await?;
    Ok(title(&without))
}
