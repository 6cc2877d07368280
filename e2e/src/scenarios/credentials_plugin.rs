//! Credentials come from a program, as in managed clusters; it is run again when what it gave is about to expire.

use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{ACTED, Scenario};
use crate::control_plane::SERVER_TOKEN;
use crate::rig::Rig;
use crate::server::Opening;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("credentials-plugin", |rig| Box::pin(run(rig)));

const ID: &str = "credentials-plugin";

async fn run(rig: &mut Rig) -> Result<String> {
    let (plugin, runs) = (rig.folder().join("plugin"), rig.folder().join("plugin-runs"));
    // Clients ask for new ones a minute before the end
    let script = format!(
        "#!/bin/sh\necho run >> '{}'\nexpires=$(date -u -d '+80 seconds' +%Y-%m-%dT%H:%M:%SZ)\n\
         echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\
         \"status\":{{\"token\":\"{SERVER_TOKEN}\",\"expirationTimestamp\":\"'$expires'\"}}}}'\n",
        runs.display()
    );
    std::fs::write(&plugin, script).context("write the plugin")?;
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).context("let it be run")?;
    let proxy = rig.proxy().await?;
    let mut kubeconfig: Value = serde_json::from_str(&rig.kubeconfig(&proxy, "")).context("a kubeconfig")?;
    kubeconfig["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": plugin, "interactiveMode": "Never",
    }});
    let opening = Opening { environment: &[("PATH", "/usr/bin:/bin")], ..Opening::new(ID, kubeconfig.to_string()) };
    let lane = rig.open(proxy, opening).await?;
    lane.server.ready(ACTED).await?;
    lane.equal(ACTED).await?;
    let count = || std::fs::read_to_string(&runs).map_or(0, |text| text.lines().count());
    let first = count();
    let (_, took) = wait::until(ACTED * 2, "the plugin is run again", async || {
        ensure!(count() > first, "it ran {first} times");
        Ok(())
    })
    .await?;
    lane.proxy.reset_all();
    lane.equal(ACTED).await?;
    ensure!(count() <= 10, "it ran {} times", count());
    lane.server.stop().await?;
    Ok(format!("run {first} times for the first listing, and again {:.0} s later", took.as_secs_f64()))
}
