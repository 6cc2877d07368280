//! The API is away from the start, never answers, or goes away: every tool and every resource that the server lists
//! answers at once, and none of them says more than it knows.

use anyhow::{Context, Result, ensure};

use super::{ACTED, Scenario};
use crate::control_plane::SERVER_TOKEN;
use crate::proxy::Gate;
use crate::questions::{self, Answered};
use crate::rig::{Lane, Rig};
use crate::server::Opening;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario::new("answers-without-api", |rig| Box::pin(run(rig)));

const TIMES: usize = 5;
const MEDIAN: std::time::Duration = std::time::Duration::from_millis(100);

async fn run(rig: &mut Rig) -> Result<String> {
    let mut told = Vec::new();
    for (name, gate) in [("away-from-the-start", Gate::Refuse), ("never-answering", Gate::Silent)] {
        let proxy = rig.proxy().await?;
        proxy.set_gate(gate);
        let kubeconfig = rig.kubeconfig(&proxy, SERVER_TOKEN);
        let lane = rig.open(proxy, Opening::new(name, kubeconfig)).await?;
        told.push(shown(name, &honest(&lane).await.context(name)?));
        lane.proxy.heal();
        lane.equal(ACTED * 2).await.context(name)?;
        lane.proxy.set_gate(Gate::Refuse);
        lane.proxy.reset_all();
        wait::until(ACTED, "the API is said to be away", async || {
            let said = lane.health().await?;
            ensure!(said.structured["status"] == "unknown", "{}", said.text);
            Ok(())
        })
        .await?;
        told.push(shown("gone", &honest(&lane).await.context("gone")?));
        lane.server.stop().await?;
    }
    Ok(told.join("; "))
}

/// What speaks of the state of the cluster says that it is not known.
pub(super) async fn honest(lane: &Lane) -> Result<Answered> {
    let answered = questions::ask_everything(&lane.server.mcp, TIMES).await?;
    ensure!(answered.median < MEDIAN, "the median answer took {:?}", answered.median);
    for (question, said) in &answered.said {
        // Checks are explained whether or not there is a cluster
        if question.starts_with("cluster://checks/") || said.starts_with("missing argument") {
            continue;
        }
        let said = said.to_lowercase();
        ensure!(UNKNOWN.iter().any(|word| said.contains(word)), "{question} says: {said}");
    }
    Ok(answered)
}

const UNKNOWN: [&str; 4] = ["unknown", "not listed yet", "not followed", "could not see all they need"];

pub(super) fn shown(what: &str, answered: &Answered) -> String {
    format!(
        "{what}: {} tools, {} resources, median {:.1} ms, longest {:.1} ms",
        answered.tools,
        answered.resources,
        answered.median.as_secs_f64() * 1000.0,
        answered.longest.as_secs_f64() * 1000.0
    )
}
