//! An account that may list and not watch: the server lists now and then, and says so.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;

use super::{Scenario, contains};
use crate::objects::{self, image};
use crate::rig::{self, Rig, SHOP};
use crate::server::Opening;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("listed-only", |rig| Box::pin(run(rig)));

const ID: &str = "listed-only";

/// Lists are a minute apart, and a quarter of it by chance.
const NOTICED: std::time::Duration = std::time::Duration::from_secs(120);

async fn run(rig: &mut Rig) -> Result<String> {
    let token = rig::account_with(rig.api(), ID, &["get", "list"], None).await?;
    let proxy = rig.proxy().await?;
    let kubeconfig = rig.kubeconfig(&proxy, &token);
    let lane = rig.open(proxy, Opening::new(ID, kubeconfig)).await?;
    lane.server.ready(NOTICED).await?;
    contains(&lane.health().await?.text, "as they cannot be watched")?;
    let (asked, pod) = (lane.proxy.requests(), objects::path(Kind::Pod, SHOP, ID));
    lane.api.create(&objects::collection(Kind::Pod, SHOP), &objects::pod(SHOP, ID, image::WELL)).await?;
    let (_, took) = wait::until(NOTICED, "the new pod is seen", async || {
        let said = lane.inspect(Kind::Pod, SHOP, ID).await?;
        ensure!(!said.is_error, "{}", said.text);
        Ok(())
    })
    .await?;
    let lists = lane.proxy.count(asked, |asked| asked.path == "/api/v1/pods" && !asked.watch);
    let watches = lane.proxy.count(0, |asked| asked.watch);
    ensure!(lists <= 3 && watches == 0, "{lists} lists of pods, {watches} watches");
    lane.api.delete(&pod).await?;
    lane.server.stop().await?;
    Ok(format!("a new pod was seen after {:.0} s, by {lists} lists", took.as_secs_f64()))
}
