//! `cluster://nodes`: every node with its state, as far as an answer's size allows.

use cluster_health::Time;
use cluster_health::model::Kind;
use cluster_health::model::node::Node;
use cluster_health::ordered::Ordered;
use cluster_health::{render, time};
use serde::Serialize;

use crate::mcp::{Resource, ResourceError};
use crate::state::State;

pub struct Nodes;

#[derive(Serialize)]
struct Document {
    as_of: String,
    /// Why nodes were not seen, or not all, or not up to now.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_seen: Option<String>,
    total_nodes: usize,
    ready_nodes: usize,
    /// Those that are not ready first, then by name.
    nodes: Vec<Row>,
    /// Nodes left out for size.
    more: usize,
}

#[derive(Serialize)]
struct Row {
    name: String,
    status: &'static str,
    roles: Vec<String>,
    version: String,
    schedulable: bool,
    /// Conditions other than Ready that are true.
    pressure: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<String>,
}

impl Resource<State> for Nodes {
    const URI: &'static str = "cluster://nodes";
    const NAME: &'static str = "nodes";
    const TITLE: &'static str = "Nodes";
    const DESCRIPTION: &'static str = "Every node with readiness, roles, kubelet version and pressure";

    async fn read(state: &State) -> Result<String, ResourceError> {
        let snapshot = state.first_snapshot().await?;
        let mut nodes: Vec<&Node> = snapshot.cluster.nodes.iter().collect();
        nodes.put_in_order_by_key(|node| node.is_ready());
        let mut document = Document {
            as_of: snapshot.report.as_of.to_string(),
            not_seen: snapshot.caution_about(Kind::Node),
            total_nodes: nodes.len(),
            ready_nodes: nodes.iter().filter(|node| node.is_ready()).count(),
            nodes: Vec::new(),
            more: 0,
        };
        let mut bytes = 0;
        for node in nodes {
            let row = row(node, snapshot.report.as_of);
            bytes += super::json(&row)?.len();
            if bytes > render::ANSWER_BYTES {
                document.more += 1;
            } else {
                document.nodes.push(row);
            }
        }
        super::json(&document)
    }
}

fn row(node: &Node, now: Time) -> Row {
    let conditions = node.conditions.iter();
    let pressure = conditions.filter(|c| c.kind != "Ready" && c.status.as_str() == "True");
    Row {
        name: node.meta.name.to_string(),
        status: match node.conditions.get("Ready").map(|ready| ready.status.as_str()) {
            Some("True") => "Ready",
            Some("False") => "NotReady",
            _ => "Unknown",
        },
        roles: node.roles().into_iter().map(str::to_owned).collect(),
        version: node.kubelet.to_string(),
        schedulable: !node.cordoned,
        pressure: pressure.map(|condition| condition.kind.to_string()).collect(),
        age: node.meta.created.map(|created| time::short(now.since(created))),
    }
}
