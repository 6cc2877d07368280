//! Alerts and dashboard speak only of series that exist: the server's as it exposes them, the image's by their prefix
//! (`image-build` tests those), and a few that every cluster has.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::time::SystemTime;

use cluster_health_mcp::metrics::{ClusterFigures, Figures, KindFigures, Metrics};
use cluster_health_mcp::sources::live::FollowFigures;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::product::{call, demo_server};
use crate::snapshot::repository;

/// Of the image tool.
const IMAGE: &str = "container_";

/// Of Prometheus itself and of kube-state-metrics.
const OTHERS: [&str; 2] = ["up", "kube_pod_container_resource_limits"];

#[derive(Deserialize)]
struct Resource {
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    expr: String,
}

fn alerts() -> Vec<String> {
    let text = fs::read_to_string(repository().join("deploy/monitoring/prometheusrule.yaml")).unwrap();
    let resource: Resource = serde_saphyr::from_str(&text).unwrap();
    resource.spec.groups.into_iter().flat_map(|group| group.rules).map(|rule| rule.expr).collect()
}

fn dashboard() -> Vec<String> {
    let text = fs::read_to_string(repository().join("deploy/monitoring/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// Names of series in an expression: words with an underscore that are not called as functions, and `up`.
fn series(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = outside_selectors(expression);
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let word = &rest[start..];
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let called = after.trim_start().starts_with('(');
        if !called && (word.contains('_') || word == "up") {
            found.insert(word.to_owned());
        }
        rest = after.to_owned();
    }
    found
}

/// Without what stands in braces, brackets and quotes.
fn outside_selectors(expression: &str) -> String {
    let (mut depth, mut quoted, mut kept) = (0_u32, false, String::new());
    for c in expression.chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// A source that follows pods.
struct Following;

impl ClusterFigures for Following {
    fn figures(&self) -> Option<Figures> {
        let now = Some(SystemTime::now());
        let pods = FollowFigures { objects: 3, restarts: 1, relists: 0, unreadable: 0, heard: now, following: true };
        Some(Figures {
            verdicts: Vec::new(),
            findings: Vec::new(),
            kinds: vec![KindFigures::followed("pods", pods)],
            source: "live",
            observed: SystemTime::now(),
        })
    }
}

fn of_a_live_source() -> String {
    Metrics::new(Arc::new(Following)).scrape("").unwrap().body
}

#[test]
fn series_are_told_from_functions_and_labels() {
    let names =
        series("histogram_quantile(0.9, sum by (tool, le) (rate(a_bucket{x_y=\"b_c\"}[5m]))) / on (pod) up > 1");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a_bucket", "up"]);
}

#[tokio::test]
async fn every_series_they_name_is_exposed() {
    let server = demo_server().await;
    call(&server, "get-cluster-health", json!({})).await;
    // A request is counted once it is answered, so the first scrape makes the second one's series
    server.get("/metrics").await;
    let exposed = server.get("/metrics").await.body + &of_a_live_source();
    let names: BTreeSet<&str> = exposed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let expressions: Vec<_> = alerts().into_iter().chain(dashboard()).collect();
    assert!(expressions.len() > 25, "{}", expressions.len());
    for expression in expressions {
        for name in series(&expression) {
            let known = names.contains(name.as_str()) || name.starts_with(IMAGE) || OTHERS.contains(&name.as_str());
            assert!(known, "{name} of {expression} is not exposed:\n{exposed}");
        }
    }
}
