//! A Job whose pod fails: the real Job controller gives up, and the server says so.

use anyhow::Result;
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects::{self, image};
use crate::rig::{self, Rig};

pub(super) const SCENARIO: Scenario = Scenario::new("job-failed", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "jobs").await?;
    let mut template = objects::template("migrate", image::FAILS);
    template["spec"]["restartPolicy"] = json!("Never");
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate"},
        "spec": {"backoffLimit": 0, "template": template}});
    api.create(&objects::collection(Kind::Job, "jobs"), &job).await?;
    let failed = lane.finding("workload-job-failed", "migrate", ACTED).await?;
    api.delete(&objects::path(Kind::Namespace, "", "jobs")).await?;
    Ok(title(&failed))
}
