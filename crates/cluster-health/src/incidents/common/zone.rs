//! A zone all of whose nodes went away while others stayed.

use crate::finding::{Confidence, Finding};
use crate::graph::{Via, outside};
use crate::model::node::Node;
use crate::name::Name;

use super::{Common, Roots, fact, look};

const LABEL: &str = "topology.kubernetes.io/zone";
/// Zones of one node each are nodes.
const NODES: usize = 2;

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    let mut zones: std::collections::BTreeMap<&Name, Vec<usize>> = std::collections::BTreeMap::new();
    for (at, finding) in roots.iter() {
        if let Some(zone) = node_of(roots, finding).and_then(zone_of) {
            zones.entry(zone).or_default().push(at);
        }
    }
    zones.retain(|zone, of| of.len() >= NODES && is_only_trouble(roots, zone));
    zones.into_iter().map(|(zone, of)| common(roots, zone, of)).collect()
}

fn node_of<'a>(roots: &Roots<'_, '_, 'a>, finding: &Finding) -> Option<&'a Node> {
    if finding.check == "node-not-ready" { roots.view.node(&finding.object.name) } else { None }
}

fn zone_of(node: &Node) -> Option<&Name> {
    node.meta.labels.get(LABEL).filter(|zone| !zone.is_empty())
}

/// No node of it is ready, and some of every other zone is.
fn is_only_trouble(roots: &Roots, zone: &Name) -> bool {
    let nodes = || roots.view.cluster.nodes.iter();
    let of_zone = |node: &&Node| zone_of(node) == Some(zone);
    nodes().filter(of_zone).all(|node| !node.is_ready()) && nodes().any(|node| !of_zone(&node) && node.is_ready())
}

fn common(roots: &Roots, zone: &Name, of: Vec<usize>) -> Common {
    let elsewhere = roots.view.cluster.nodes.iter().filter(|node| zone_of(node) != Some(zone) && node.is_ready());
    Common {
        object: outside::named(outside::ZONE, zone),
        via: Via::InZone,
        title: format!("all {} nodes of it are not ready", of.len()).into(),
        confidence: Confidence::Likely,
        facts: vec![
            fact("nodes of it that are ready", 0),
            fact("nodes of other zones that are ready", elsewhere.count()),
        ],
        next: vec![look(
            format!("{} get nodes -L {LABEL}", roots.view.cli()),
            "shows the nodes of every zone: the cloud or the site behind this one is where to look",
        )],
        of,
    }
}
