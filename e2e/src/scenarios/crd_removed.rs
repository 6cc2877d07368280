//! A CustomResourceDefinition goes while its objects are watched, and comes back: routes, which no verdict needs.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;
use serde_json::json;

use super::{ACTED, SEEN, Scenario};
use crate::objects;
use crate::rig::{self, Rig, SHOP};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("crd-removed", |rig| Box::pin(run(rig)));

/// New kinds are looked for now and then, not at once.
const NOTICED: std::time::Duration = std::time::Duration::from_secs(90);

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    let routes = objects::collection(Kind::Route, SHOP);
    let route = json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": "web"},
        "spec": {"host": "web.rig.invalid", "to": {"kind": "Service", "name": "web"}}});
    api.create(&routes, &route).await?;
    let seen = async || {
        wait::until(NOTICED, "the route is seen", async || {
            let said = lane.inspect(Kind::Route, SHOP, "web").await?;
            ensure!(!said.is_error, "{}", said.text);
            Ok(())
        })
        .await
    };
    seen().await?;

    api.delete("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/routes.route.openshift.io").await?;
    let (said, unseen_after) = wait::until(NOTICED, "routes are said to be not served", async || {
        let said = lane.inspect(Kind::Route, SHOP, "web").await?;
        ensure!(said.is_error && said.text.contains("not served"), "{}", said.text);
        Ok(said.text)
    })
    .await?;
    lane.equal(SEEN).await?;

    rig::define(api, Kind::Route).await?;
    rig::served(api, Kind::Route).await?;
    api.create(&routes, &route).await?;
    let (_, back_after) = seen().await?;
    api.delete(&objects::path(Kind::Route, SHOP, "web")).await?;
    lane.equal(ACTED).await?;
    Ok(format!("gone after {:.1} s ({said}), back after {:.1} s", unseen_after.as_secs_f64(), back_after.as_secs_f64()))
}
