//! The server is cut off; meanwhile objects come and go, etcd forgets the revisions between, and the API server starts
//! anew. The watches resume at a revision that nobody knows any more, get 410 Gone, and have to list again.

use anyhow::{Result, ensure};
use cluster_health::model::Kind;

use super::{ACTED, Scenario};
use crate::objects::{self, image};
use crate::proxy::Gate;
use crate::rig::{self, Rig, SHOP};

pub(super) const SCENARIO: Scenario = Scenario::new("expired-watch", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let api = rig.api().clone();
    let pods = objects::collection(Kind::Pod, SHOP);
    api.create(&pods, &objects::pod(SHOP, "forgotten", image::WELL)).await?;
    rig.lanes[0].equal(ACTED).await?;

    rig.lanes[0].proxy.set_gate(Gate::Refuse);
    rig.lanes[0].proxy.reset_all();
    api.delete(&objects::path(Kind::Pod, SHOP, "forgotten")).await?;
    for round in 0..20 {
        let name = format!("while-away-{round}");
        api.create(&pods, &objects::pod(SHOP, &name, image::WELL)).await?;
        if round % 2 == 0 {
            api.delete(&objects::path(Kind::Pod, SHOP, &name)).await?;
        }
    }
    rig.plane.compact().await?;
    rig.plane.kill_api().await?;
    rig.plane.start_api().await?;
    rig::namespace(&api, "after-restart").await?;

    let lane = &rig.lanes[0];
    let asked = lane.proxy.requests();
    lane.proxy.heal();
    let (_, took) = lane.equal(ACTED).await?;
    let lists = lane.proxy.count(asked, |asked| asked.path.ends_with("/pods"));
    ensure!(lists >= 1, "nothing asked for pods: {}", lane.proxy.summary(asked));
    for round in (1..20).step_by(2) {
        api.delete(&objects::path(Kind::Pod, SHOP, &format!("while-away-{round}"))).await?;
    }
    api.delete(&objects::path(Kind::Namespace, "", "after-restart")).await?;
    Ok(format!("equal {:.1} s after the way was free; pods asked for {lists} times", took.as_secs_f64()))
}
