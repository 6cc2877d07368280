//! A namespace that stays Terminating, since an API behind an APIService is away and its objects cannot be counted.

use anyhow::{Context, Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, Scenario, title};
use crate::objects;
use crate::rig::{self, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("namespace-terminating", |rig| Box::pin(run(rig)));

const BROKEN: &str = "v1.broken.rig.invalid";

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    let service = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": BROKEN},
        "spec": {"group": "broken.rig.invalid", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"namespace": "default", "name": "nobody"}},
    });
    api.create(&objects::collection(Kind::APIService, ""), &service).await?;
    // What is missing is the Service behind it
    let broken = lane.finding("api-service-unavailable", "nobody", ACTED).await?;

    rig::namespace(api, "doomed").await?;
    api.delete(&objects::path(Kind::Namespace, "", "doomed")).await?;
    let (reason, _) = wait::until(ACTED, "the namespace says why it does not end", async || {
        let said = lane.inspect(Kind::Namespace, "", "doomed").await?;
        ensure!(said.text.contains("DiscoveryFailed"), "{}", said.text);
        let namespace = api.read(&objects::path(Kind::Namespace, "", "doomed")).await?;
        namespace["status"]["phase"].as_str().map(str::to_owned).context("a phase")
    })
    .await?;
    lane.equal(ACTED).await?;
    api.delete(&objects::path(Kind::APIService, "", BROKEN)).await?;
    wait::until(ACTED, "the namespace is gone", async || {
        let said = lane.inspect(Kind::Namespace, "", "doomed").await?;
        ensure!(said.is_error, "{}", said.text);
        Ok(())
    })
    .await?;
    Ok(format!("{}; namespace {reason} with DiscoveryFailed", title(&broken)))
}
