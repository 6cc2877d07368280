//! A server that is told to look at one namespace asks for nothing else, and says so.

use anyhow::{Result, ensure};

use super::{ACTED, Scenario, contains};
use crate::compare;
use crate::control_plane::SERVER_TOKEN;
use crate::rig::{Rig, SHOP};
use crate::server::Opening;

pub(super) const SCENARIO: Scenario = Scenario::new("namespaces-chosen", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let proxy = rig.proxy().await?;
    let kubeconfig = rig.kubeconfig(&proxy, SERVER_TOKEN);
    let opening = Opening { arguments: &["--namespaces", SHOP], ..Opening::new("namespaces-chosen", kubeconfig) };
    let lane = rig.open(proxy, opening).await?;
    lane.server.ready(ACTED).await?;
    let pods = compare::until_same_pods(&lane.api, &lane.server.mcp, SHOP, ACTED).await?;
    contains(&lane.health().await?.text, &format!("Only the namespace {SHOP} was looked at."))?;
    let everywhere = lane.proxy.count(0, |asked| asked.path == "/api/v1/pods");
    ensure!(everywhere == 0, "pods of all namespaces were asked for: {}", lane.proxy.summary(0));
    lane.server.stop().await?;
    Ok(format!("{pods} pods of {SHOP} alone"))
}
