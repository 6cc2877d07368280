//! Nobody answers for ten minutes: pauses between attempts have grown as long as they get, and yet the server is back soon.
//! Pods come and go behind its back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cluster_health::model::Kind;

use super::answers_without_api::{honest, shown};
use super::{ACTED, Scenario};
use crate::control_plane::SERVER_TOKEN;
use crate::objects::{self, image};
use crate::proxy::Gate;
use crate::rig::{Rig, SHOP};
use crate::server::Opening;

pub(super) const SCENARIO: Scenario = Scenario { on_demand: true, ..Scenario::new(ID, |rig| Box::pin(run(rig))) };

const ID: &str = "outage-of-ten-minutes";
const OUTAGE: Duration = Duration::from_secs(600);

async fn run(rig: &mut Rig) -> Result<String> {
    let proxy = rig.proxy().await?;
    let kubeconfig = rig.kubeconfig(&proxy, SERVER_TOKEN);
    let lane = rig.open(proxy, Opening::new(ID, kubeconfig)).await?;
    lane.server.ready(ACTED).await?;
    let pods = objects::collection(Kind::Pod, SHOP);
    for name in ["outage-gone", "outage-kept"] {
        lane.api.create(&pods, &objects::pod(SHOP, name, image::WELL)).await?;
    }
    lane.equal(ACTED).await?;
    lane.proxy.set_gate(Gate::Refuse);
    lane.proxy.reset_all();
    let (ends, asked) = (Instant::now() + OUTAGE, lane.proxy.accepted());
    lane.api.delete(&objects::path(Kind::Pod, SHOP, "outage-gone")).await?;
    lane.api.create(&pods, &objects::pod(SHOP, "outage-new", image::WELL)).await?;
    let mut answered = None;
    while Instant::now() < ends {
        tokio::time::sleep(Duration::from_secs(10)).await;
        answered = Some(honest(&lane).await.context("while nobody answers")?);
    }
    lane.proxy.heal();
    let (_, took) = lane.equal(ACTED * 2).await?;
    let connections = lane.proxy.accepted() - asked;
    for name in ["outage-kept", "outage-new"] {
        lane.api.delete(&objects::path(Kind::Pod, SHOP, name)).await?;
    }
    lane.server.stop().await?;
    let last = answered.context("nothing was asked")?;
    Ok(format!("{}; equal {:.1} s after, {connections} connections", shown("at the end", &last), took.as_secs_f64()))
}
