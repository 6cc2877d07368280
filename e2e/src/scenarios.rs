//! What people who run clusters meet, with real controllers behind it. One scenario, one file; each cleans up after
//! itself and ends with a model that equals a fresh list.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::BoxFuture;

use crate::rig::Rig;

mod admission;
mod answers_without_api;
mod burst;
mod callers;
mod claim_pending;
mod crd_removed;
mod credentials_plugin;
mod drain_blocked;
mod expired_watch;
mod files_replaced;
mod finalizer;
mod installed;
mod job_failed;
mod listed_only;
mod namespace_terminating;
mod namespaces_chosen;
mod node_lost;
mod operator_degraded;
mod outage;
mod pods;
mod quota;
mod rights_in_one_namespace;
mod rights_revoked;
mod rollout;
mod service_without_pods;
mod through_proxy;
mod token_replaced;
mod unschedulable;

pub struct Scenario {
    pub id: &'static str,
    /// Only run when it is named: it takes many minutes.
    pub on_demand: bool,
    run: Run,
}

type Run = for<'a> fn(&'a mut Rig) -> BoxFuture<'a, Result<String>>;

pub const ALL: &[Scenario] = &[
    pods::SCENARIO,
    node_lost::SCENARIO,
    rollout::SCENARIO,
    quota::SCENARIO,
    admission::SCENARIO,
    unschedulable::SCENARIO,
    job_failed::SCENARIO,
    claim_pending::SCENARIO,
    service_without_pods::SCENARIO,
    drain_blocked::SCENARIO,
    operator_degraded::SCENARIO,
    burst::SCENARIO,
    finalizer::SCENARIO,
    namespace_terminating::SCENARIO,
    crd_removed::SCENARIO,
    expired_watch::SCENARIO,
    rights_revoked::SCENARIO,
    installed::SCENARIO,
    token_replaced::SCENARIO,
    callers::SCENARIO,
    files_replaced::SCENARIO,
    credentials_plugin::SCENARIO,
    through_proxy::SCENARIO,
    namespaces_chosen::SCENARIO,
    rights_in_one_namespace::SCENARIO,
    listed_only::SCENARIO,
    answers_without_api::SCENARIO,
    outage::SCENARIO,
];

/// From a change in the cluster to the answer that shows it.
const SEEN: Duration = Duration::from_secs(15);
/// For controllers to act.
const ACTED: Duration = Duration::from_secs(45);

impl Scenario {
    const fn new(id: &'static str, run: Run) -> Self {
        Self { id, on_demand: false, run }
    }

    /// Gives what the server said, in short.
    pub async fn run(&self, rig: &mut Rig) -> Result<String> {
        let told = (self.run)(rig).await?;
        let lane = rig.lanes.first().context("a server")?;
        lane.equal(ACTED).await.context("afterwards")?;
        Ok(told)
    }
}

/// The title of a finding.
fn title(finding: &serde_json::Value) -> String {
    finding["title"].as_str().unwrap_or("a finding without a title").to_owned()
}

fn contains(text: &str, part: &str) -> Result<()> {
    ensure!(text.contains(part), "{part:?} is missing in: {text}");
    Ok(())
}
