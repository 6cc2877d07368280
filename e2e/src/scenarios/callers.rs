//! Several callers at one server that asks who they are: who is refused, what each is told, and that nobody keeps a right
//! that was taken away.

mod tokens;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster_health::model::Kind;
use serde_json::{Value, json};

use super::{ACTED, Scenario};
use crate::api::Api;
use crate::control_plane::{ADMIN_TOKEN, SERVER_TOKEN, SERVER_USER};
use crate::mcp::Mcp;
use crate::objects::{self, image};
use crate::rig::{self, Rig};
use crate::server::Opening;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("callers", |rig| Box::pin(run(rig)));

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const MINUTE: Duration = Duration::from_secs(60);
/// Teams, and how many pods each has.
const TEAMS: [(&str, u32); 2] = [("team-a", 1), ("team-b", 2)];

async fn run(rig: &mut Rig) -> Result<String> {
    let api = rig.api().clone();
    delegate(&api).await?;
    for (team, replicas) in TEAMS {
        found(&api, team, replicas).await?;
    }
    let proxy = rig.proxy().await?;
    let kubeconfig = rig.kubeconfig(&proxy, SERVER_TOKEN);
    let opening = Opening { arguments: &["--auth", "token-review"], ..Opening::new("mcp-server-callers", kubeconfig) };
    let lane = rig.open(proxy, opening).await?;
    lane.server.ready(ACTED).await.with_context(|| lane.server.log_tail())?;
    let server = &lane.server.mcp;

    refused(rig, server).await?;
    let (a, b) = (token(&api, "team-a").await?, token(&api, "team-b").await?);
    let admin = server.bearing(ADMIN_TOKEN);
    let (a, b) = (server.bearing(&a), server.bearing(&b));
    let told = apart(&admin, &a, &b).await?;
    nothing_leaks(&admin, &a).await?;

    api.delete(&format!("{RBAC}/namespaces/team-a/rolebindings/view")).await?;
    let (_, right) = wait::until(MINUTE, "a right that was taken away is gone", async || {
        ensure!(pods(&a).await? == 0, "pods of team-a are still shown");
        Ok(())
    })
    .await?;
    api.delete("/api/v1/namespaces/team-b/serviceaccounts/reader").await?;
    let (_, account) = wait::until(MINUTE, "a token that was revoked is refused", async || {
        let status = b.knock().await?;
        ensure!(status == 401, "{status}");
        Ok(())
    })
    .await?;
    ensure!(pods(&admin).await? > 0, "the administrator lost something too");
    lane.server.stop().await?;
    for (team, _) in TEAMS {
        api.delete(&objects::path(Kind::Namespace, "", team)).await?;
    }
    let (right, account) = (right.as_secs_f64(), account.as_secs_f64());
    Ok(format!("{told}; a lost right shows after {right:.0} s, a revoked token after {account:.0} s"))
}

/// The server may ask who somebody is.
async fn delegate(api: &Api) -> Result<()> {
    let binding = json!({
        "metadata": {"name": "mcp-server-auth-delegator"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": SERVER_USER}],
    });
    api.create(&format!("{RBAC}/clusterrolebindings"), &binding).await.map(drop)
}

/// A team with some pods, and an account that may look at them.
async fn found(api: &Api, team: &str, replicas: u32) -> Result<()> {
    rig::namespace(api, team).await?;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}});
    api.create(&format!("/api/v1/namespaces/{team}/serviceaccounts"), &account).await?;
    let binding = json!({
        "metadata": {"name": "view"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": team}],
    });
    api.create(&format!("{RBAC}/namespaces/{team}/rolebindings"), &binding).await?;
    let deployment = objects::deployment(team, &format!("{team}-web"), replicas, image::WELL);
    api.create(&objects::collection(Kind::Deployment, team), &deployment).await.map(drop)
}

async fn token(api: &Api, team: &str) -> Result<String> {
    rig::token_of(api, team, "reader", &[]).await
}

async fn refused(rig: &Rig, server: &Mcp) -> Result<()> {
    let good = token(rig.api(), "team-a").await?;
    ensure!(server.bearing(&good).knock().await? == 200, "a good token is refused");
    let others = rig::token_of(rig.api(), "team-a", "reader", &["vault"]).await?;
    let expired = tokens::expired(&good, &rig.plane.certificates.accounts_key)?;
    let tampered = tokens::tampered(&good)?;
    ensure!(server.knock().await? == 401, "somebody without a token is let in");
    for (what, token) in [
        ("wrong", "sha256~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("for another audience", &others),
        ("expired", &expired),
        ("tampered with", &tampered),
    ] {
        let status = server.bearing(token).knock().await?;
        ensure!(status == 401, "a token that is {what} is answered {status}");
    }
    ensure!(server.get("/metrics").await?.0 == 401, "figures are for anybody");
    ensure!(server.bearing(&good).get("/metrics").await?.0 == 403, "figures are for any account");
    ensure!(server.bearing(ADMIN_TOKEN).get("/metrics").await?.0 == 200, "figures are for nobody");
    Ok(())
}

async fn pods(caller: &Mcp) -> Result<u64> {
    let said = caller.call("get-cluster-health", json!({})).await?;
    said.structured["pods"]["total"].as_u64().with_context(|| said.text.clone())
}

async fn apart(admin: &Mcp, a: &Mcp, b: &Mcp) -> Result<String> {
    let ((of_all, of_a, of_b), _) = wait::until(ACTED, "each caller sees its own pods", async || {
        let counts = (pods(admin).await?, pods(a).await?, pods(b).await?);
        ensure!((counts.1, counts.2) == (1, 2) && counts.0 >= 6, "{counts:?}");
        Ok(counts)
    })
    .await?;
    let said = a.call("get-cluster-health", json!({})).await?;
    ensure!(said.structured["status"] != "healthy", "a part passes for the whole: {}", said.text);
    ensure!(
        said.text.contains("forbidden") && said.text.contains("namespace"),
        "not told what it was not shown: {}",
        said.text
    );
    Ok(format!("pods seen: {of_all} by the administrator, {of_a} and {of_b} by two teams"))
}

async fn nothing_leaks(admin: &Mcp, a: &Mcp) -> Result<()> {
    let names = a.complete_namespaces("").await?;
    ensure!(names == json!(["team-a"]), "names are given away: {names}");
    let page = admin.call("list-pods", json!({"limit": 1})).await?;
    let cursor = page.structured["next_cursor"].clone();
    let turned = a.call("list-pods", json!({"limit": 1, "cursor": cursor})).await?;
    let none = Vec::new();
    let rows = turned.structured["pods"].as_array().unwrap_or(&none);
    ensure!(rows.iter().all(|row| row["namespace"] == "team-a"), "a cursor leads on: {}", turned.structured);
    for tool in ["list-pods", "list-findings", "list-incidents", "get-timeline"] {
        let there = a.call(tool, json!({"namespace": "team-b"})).await?.text;
        let nowhere = a.call(tool, json!({"namespace": "team-x"})).await?.text;
        ensure!(there.replace("team-b", "team-x") == nowhere, "{tool} tells what there is: {there} | {nowhere}");
    }
    let object = json!({"kind": "Deployment", "name": "team-b-web"});
    let missing = json!({"kind": "Deployment", "name": "team-x-web"});
    let (there, nowhere): (String, String) =
        (a.call("inspect-object", object).await?.text, a.call("inspect-object", missing).await?.text);
    ensure!(there.replace("team-b", "team-x") == nowhere, "an error tells what there is: {there} | {nowhere}");
    let everything: Value = json!({"limit": 50});
    for tool in ["list-findings", "list-incidents", "get-timeline"] {
        let said = a.call(tool, everything.clone()).await?;
        ensure!(!format!("{} {}", said.text, said.structured).contains("team-b"), "{tool} names team-b");
    }
    Ok(())
}
