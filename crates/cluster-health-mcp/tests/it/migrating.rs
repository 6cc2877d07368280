//! `docs/migrating.md` says of every name of the predecessor what became of it; what it says is so.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use cluster_health_mcp::audit::Audit;
use cluster_health_mcp::mcp::{Surface, prompts, tools};
use cluster_health_mcp::metrics::{Metrics, NoFigures};
use cluster_health_mcp::remediation::Gate;
use cluster_health_mcp::state::State;
use serde_json::json;

use crate::product::complete_server;
use crate::snapshot::repository;

/// Names and verdicts of the table below a heading.
fn table(heading: &str) -> BTreeMap<String, String> {
    let document = fs::read_to_string(repository().join("docs/migrating.md")).unwrap();
    let (_, after) = document.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = after.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        (name.to_owned(), rest.split(" |").next().unwrap().to_owned())
    })
    .collect()
}

#[track_caller]
fn holds(heading: &str, count: usize, is_there: impl Fn(&str) -> bool) {
    let rows = table(heading);
    assert_eq!(rows.len(), count, "{heading}: {rows:?}");
    for (name, now) in rows {
        let said = match &*now {
            "same" | "better" => true,
            "gone" | "not yet" => false,
            other => panic!("{name}: {other}"),
        };
        assert_eq!(said, is_there(&name), "{heading}: {name} is {now}");
    }
}

/// With remediation switched on.
pub(crate) fn remediating() -> State {
    let state = State::default();
    state.allow_remediation(Gate::new(Audit::off()).unwrap());
    state
}

#[test]
fn tools_and_prompts_are_as_it_says() {
    let metrics = Metrics::new(Arc::new(NoFigures));
    let surface = Surface::<State>::new("docs", "", Duration::from_secs(1), metrics);
    let surface = prompts::register(tools::register_measured(tools::register_models(tools::register(surface))));
    let surface = tools::register_engine(surface, &remediating());
    holds("Tools", 15, |name| surface.tools().any(|tool| tool.name == name));
    holds("Prompts", 6, |name| surface.prompts().any(|prompt| prompt.name == name));
}

#[tokio::test]
async fn resources_are_as_it_says() {
    let server = complete_server().await;
    let listed = server.legacy("resources/list", json!({})).await["result"]["resources"].take();
    holds("Resources", 4, |uri| listed.as_array().unwrap().iter().any(|resource| resource["uri"] == uri));
}

#[test]
fn variables_are_as_it_says() {
    let documented = fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    holds("Variables", 19, |name| documented.contains(&format!("| `{name}` |")));
}
