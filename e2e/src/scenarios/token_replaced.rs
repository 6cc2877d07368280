//! The ServiceAccount is made anew, so that the token in use no longer counts; later a new one is in its place.

use anyhow::{Result, ensure};

use super::Scenario;
use crate::rig::Rig;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("token-replaced", |rig| Box::pin(run(rig)));

/// The API server believes a token for some seconds after its account is gone.
const NOTICED: std::time::Duration = std::time::Duration::from_secs(90);

async fn run(rig: &mut Rig) -> Result<String> {
    let lane = &rig.lanes[0];
    rig.renew_account().await?;
    let (text, lost) = wait::until(NOTICED, "the server says that its token is refused", async || {
        lane.proxy.reset_all();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let health = lane.health().await?;
        ensure!(health.structured["status"] == "unknown", "{}", health.text);
        Ok(health.text)
    })
    .await?;
    ensure!(
        text.contains("401") || text.to_lowercase().contains("unauthorized") || text.contains("credentials"),
        "{text}"
    );
    rig.hand_out_token(lane).await?;
    let (_, back) = lane.equal(NOTICED).await?;
    Ok(format!(
        "unknown after {:.1} s, whole {:.1} s after a new token was there",
        lost.as_secs_f64(),
        back.as_secs_f64()
    ))
}
