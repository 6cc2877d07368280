//! Pods that PodSecurity or a LimitRange refuse: their controller cannot make them, and the server says so.

use anyhow::{Context, Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario};
use crate::objects::{self, image};
use crate::rig::{self, Rig};

pub(super) const SCENARIO: Scenario = Scenario::new("admission", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "guarded").await?;
    let enforced = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    api.merge(&objects::path(Kind::Namespace, "", "guarded"), &enforced).await?;
    rig::namespace(api, "limited").await?;
    let limits = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"},
        "spec": {"limits": [{"type": "Container", "max": {"memory": "8Mi"}}]}});
    api.create("/api/v1/namespaces/limited/limitranges", &limits).await?;

    let mut told = Vec::new();
    for (namespace, word) in [("guarded", "PodSecurity"), ("limited", "memory")] {
        let deployment = objects::deployment(namespace, "refused", 2, image::WELL);
        api.create(&objects::collection(Kind::Deployment, namespace), &deployment).await?;
        // The controller's own word that it was refused
        let finding = lane.finding("workload-replica-failure", "refused", ACTED).await.context(namespace)?;
        let text = finding.to_string();
        super::contains(&text, "forbidden").or_else(|_| super::contains(&text, word))?;
        told.push(super::title(&finding));
        ensure!(lane.health().await?.structured["status"] != "healthy", "with refused pods");
        api.delete(&objects::path(Kind::Namespace, "", namespace)).await?;
    }
    Ok(told.join("; "))
}
