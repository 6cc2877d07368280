//! A claim that names a StorageClass which does not exist, and the pod that waits for it.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};

pub(super) const SCENARIO: Scenario = Scenario::new("claim-pending", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "storage").await?;
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "no-such-class", "resources": {"requests": {"storage": "1Gi"}}}});
    api.create(&objects::collection(Kind::PersistentVolumeClaim, "storage"), &claim).await?;
    let mut pod = objects::pod("storage", "database", image::WELL);
    pod["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    api.create(&objects::collection(Kind::Pod, "storage"), &pod).await?;
    let pending = lane.finding("storage-claim-pending", "data", ACTED).await?;
    let unschedulable = lane.finding("pod-unschedulable", "database", ACTED).await?;
    ensure!(unschedulable["explained_by"] == pending["id"], "the claim explains the pod: {unschedulable}");
    api.delete(&objects::path(Kind::Namespace, "", "storage")).await?;
    Ok(format!("{}, which explains the pod", title(&pending)))
}
