//! An account with rights in one namespace only: the server shows that namespace, and knows nothing of nodes.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{ACTED, Scenario, contains};
use crate::compare;
use crate::rig::{self, Rig, SHOP};
use crate::server::Opening;

pub(super) const SCENARIO: Scenario = Scenario::new("rights-in-one-namespace", |rig| Box::pin(run(rig)));

const ID: &str = "rights-in-one-namespace";

async fn run(rig: &mut Rig) -> Result<String> {
    let token = rig::account_with(rig.api(), ID, &["get", "list", "watch"], Some(SHOP)).await?;
    let proxy = rig.proxy().await?;
    let mut kubeconfig: Value = serde_json::from_str(&rig.kubeconfig(&proxy, &token)).context("a kubeconfig")?;
    kubeconfig["contexts"][0]["context"]["namespace"] = SHOP.into();
    let lane = rig.open(proxy, Opening::new(ID, kubeconfig.to_string())).await?;
    lane.server.ready(ACTED).await?;
    let pods = compare::until_same_pods(&lane.api, &lane.server.mcp, SHOP, ACTED).await?;
    let said = lane.health().await?;
    ensure!(said.structured["status"] == "unknown", "nobody saw the nodes: {}", said.text);
    contains(&said.text, &format!("Only the namespace {SHOP} was looked at."))?;
    contains(&said.text, "nodes (forbidden)")?;
    lane.server.stop().await?;
    Ok(format!("unknown, with {pods} pods of {SHOP}"))
}
