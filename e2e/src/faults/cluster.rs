//! Faults of objects: what clusters hold and no reader hopes for.

use anyhow::Result;
use cluster_health::model::Kind;
use serde_json::json;

use super::{Fault, How, Meanwhile};
use crate::api::Api;
use crate::kubelet;
use crate::objects::{self, image};
use crate::rig::SHOP;

pub(super) const ALL: &[Fault] = &[
    Fault {
        id: "object-of-1-mib",
        what: "a pod carries 1 MiB of annotations and environment",
        meanwhile: Meanwhile::Follows,
        how: How::Cluster {
            breaks: |api| Box::pin(large(api)),
            mends: |api| Box::pin(gone(api, Kind::Pod, SHOP, "large")),
        },
    },
    Fault {
        id: "object-unreadable",
        what: "the status of a ClusterOperator has another shape than it should",
        meanwhile: Meanwhile::Partial,
        how: How::Cluster {
            breaks: |api| Box::pin(misshapen(api)),
            mends: |api| Box::pin(gone(api, Kind::ClusterOperator, "", "misshapen")),
        },
    },
    Fault {
        id: "clock-skew",
        what: "other machines' clocks are 2 h ahead: nodes and operators changed in the future",
        meanwhile: Meanwhile::Follows,
        how: How::Cluster { breaks: |api| Box::pin(ahead(api)), mends: |api| Box::pin(back(api)) },
    },
];

async fn large(api: &Api) -> Result<()> {
    let mut pod = objects::pod(SHOP, "large", image::WELL);
    // All annotations together may have 256 KiB; an environment has no such limit
    pod["metadata"]["annotations"] = json!({"rig.invalid/large": "a".repeat(250 << 10)});
    pod["spec"]["containers"][0]["env"] = json!([{"name": "LARGE", "value": "e".repeat(800 << 10)}]);
    api.create(&objects::collection(Kind::Pod, SHOP), &pod).await.map(drop)
}

async fn gone(api: &Api, kind: Kind, namespace: &str, name: &str) -> Result<()> {
    api.delete(&objects::path(kind, namespace, name)).await
}

async fn misshapen(api: &Api) -> Result<()> {
    api.create(&objects::collection(Kind::ClusterOperator, ""), &objects::cluster_operator("misshapen")).await?;
    let path = objects::path(Kind::ClusterOperator, "", "misshapen");
    api.set_status(&path, &json!({"conditions": "all is well", "versions": 4.20})).await.map(drop)
}

async fn ahead(api: &Api) -> Result<()> {
    let future = kubelet::ahead(std::time::Duration::from_secs(2 * 3600));
    api.set_status(&objects::path(Kind::Node, "", "worker-0"), &objects::node_status(true, &future)).await?;
    let operator = objects::path(Kind::ClusterOperator, "", "dns");
    api.set_status(&operator, &objects::operator_status(false, &future)).await.map(drop)
}

async fn back(api: &Api) -> Result<()> {
    let now = kubelet::now();
    api.set_status(&objects::path(Kind::Node, "", "worker-0"), &objects::node_status(true, &now)).await?;
    let operator = objects::path(Kind::ClusterOperator, "", "dns");
    api.set_status(&operator, &objects::operator_status(false, &now)).await.map(drop)
}
