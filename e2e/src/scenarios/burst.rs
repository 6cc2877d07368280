//! A hundred and fifty pods appear at once, and their namespace goes at once: nothing is missed, nothing is left.

use std::time::Instant;

use anyhow::Result;
use cluster_health::model::Kind;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{ACTED, Scenario};
use crate::objects::{self, image};
use crate::rig::{self, Rig};
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("burst", |rig| Box::pin(run(rig)));

const PODS: usize = 150;
const AT_ONCE: usize = 16;

async fn run(rig: &mut Rig) -> Result<String> {
    let (api, lane) = (rig.api(), &rig.lanes[0]);
    rig::namespace(api, "burst").await?;
    let pods = objects::collection(Kind::Pod, "burst");
    let create = async |number: usize| {
        let pod = objects::pod("burst", &format!("pod-{number}"), image::WELL);
        api.create(&pods, &pod).await.map(drop)
    };
    let requests = lane.proxy.requests();
    stream::iter(0..PODS).map(create).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let (objects, followed) = lane.equal(ACTED).await?;
    let begun = Instant::now();
    api.delete(&objects::path(Kind::Namespace, "", "burst")).await?;
    wait::until(ACTED * 2, "the pods are gone", async || {
        let said = lane.inspect(Kind::Namespace, "", "burst").await?;
        anyhow::ensure!(said.is_error, "{}", said.text);
        Ok(())
    })
    .await?;
    let asked = lane.proxy.requests() - requests;
    anyhow::ensure!(asked < 20, "following needs no requests, and there were {}", lane.proxy.summary(requests));
    Ok(format!(
        "{objects} objects, {:.1} s behind; gone in {:.1} s; {asked} requests in all",
        followed.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    ))
}
