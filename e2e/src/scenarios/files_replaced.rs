//! Token and authority are files that somebody replaces while the server runs, as kubelets do in pods.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{ACTED, Scenario};
use crate::proxy::Gate;
use crate::rig::{self, Rig};
use crate::server::Opening;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("files-replaced", |rig| Box::pin(run(rig)));

const ID: &str = "files-replaced";

/// Files are read anew half a minute after they were last, when what they said is refused.
const NOTICED: std::time::Duration = std::time::Duration::from_secs(150);

async fn run(rig: &mut Rig) -> Result<String> {
    let certificates = &rig.plane.certificates;
    let (token, authority) = (rig.folder().join("token"), rig.folder().join("authority.crt"));
    let first = rig::account_with(rig.api(), ID, &["get", "list", "watch"], None).await?;
    std::fs::write(&token, first).context("write the token")?;
    std::fs::copy(&certificates.ca, &authority).context("write the authority")?;
    let proxy = rig.proxy().await?;
    let mut kubeconfig: Value = serde_json::from_str(&rig.kubeconfig(&proxy, "")).context("a kubeconfig")?;
    kubeconfig["users"][0]["user"] = json!({"tokenFile": token});
    kubeconfig["clusters"][0]["cluster"]["certificate-authority"] = json!(authority);
    let lane = rig.open(proxy, Opening::new(ID, kubeconfig.to_string())).await?;
    lane.server.ready(ACTED).await?;
    lane.equal(ACTED).await?;

    lane.proxy.set_gate(Gate::StrangersCertificate);
    lane.proxy.reset_all();
    wait::until(ACTED, "a stranger is not believed", async || {
        let said = lane.health().await?;
        ensure!(said.structured["status"] == "unknown", "{}", said.text);
        Ok(())
    })
    .await?;
    std::fs::copy(&certificates.strangers_ca, &authority).context("replace the authority")?;
    let (_, trusted) = lane.equal(NOTICED).await?;

    let renewed = rig::renew_account_of(rig.api(), ID).await?;
    wait::until(NOTICED, "the old token is refused", async || {
        lane.proxy.reset_all();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let said = lane.health().await?;
        ensure!(said.structured["status"] == "unknown", "{}", said.text);
        Ok(())
    })
    .await?;
    std::fs::write(&token, renewed).context("replace the token")?;
    let (_, known) = lane.equal(NOTICED).await?;
    lane.server.stop().await?;
    Ok(format!(
        "whole {:.0} s after a new authority, {:.0} s after a new token",
        trusted.as_secs_f64(),
        known.as_secs_f64()
    ))
}
