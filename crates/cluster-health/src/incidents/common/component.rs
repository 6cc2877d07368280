//! Alerts that nothing else explains, about several objects of one part of the platform, or of one namespace; or of
//! several parts, on one node.

use std::collections::{BTreeMap, BTreeSet};

use crate::alerts;
use crate::finding::{Confidence, Finding};
use crate::graph::Via;
use crate::model::{Kind, ObjectRef};

use super::super::rules::is_alert;
use super::{AT_LEAST, Common, Roots, fact, look};

/// Two alerts about one part of the platform are no coincidence.
const TOGETHER: usize = 2;

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    let mut all = on_one_node(roots);
    let taken: BTreeSet<usize> = all.iter().flat_map(|common| common.of.iter().copied()).collect();
    let mut parts: BTreeMap<ObjectRef, Vec<usize>> = BTreeMap::new();
    for (at, finding) in roots.iter().filter(|(at, finding)| is_alert(finding) && !taken.contains(at)) {
        if let Some(part) = alerts::component(roots.view, &finding.object) {
            parts.entry(part).or_default().push(at);
        }
    }
    parts.retain(|_, of| of.len() >= TOGETHER);
    all.extend(parts.into_iter().map(|(part, of)| common(roots, part, Via::PartOf, of)));
    all
}

/// What several namespaces have in common is the node, when all pods that alerts name run there.
fn on_one_node(roots: &Roots) -> Vec<Common> {
    let mut nodes: BTreeMap<ObjectRef, Vec<usize>> = BTreeMap::new();
    for (at, finding) in roots.iter().filter(|(_, finding)| is_alert(finding)) {
        if let Some(node) = only_node(roots, finding) {
            nodes.entry(node).or_default().push(at);
        }
    }
    let namespaces = |of: &[usize]| of.iter().map(|&at| &roots.findings[at].object.namespace).collect::<BTreeSet<_>>();
    nodes.retain(|_, of| of.len() >= AT_LEAST && namespaces(of).len() > 1);
    if roots.view.cluster.nodes.len() < 2 || nodes.len() > 1 {
        return Vec::new();
    }
    nodes.into_iter().map(|(node, of)| common(roots, node, Via::RunsOn, of)).collect()
}

/// The node under every pod that the finding's alerts name.
fn only_node(roots: &Roots, finding: &Finding) -> Option<ObjectRef> {
    let alerts = &roots.view.cluster.alerts;
    let mut under = finding.affected.iter().map(|alert| {
        let alert = alerts.get(&alert.namespace, &alert.name)?;
        alerts::node_of(roots.view, alert)
    });
    let first = under.next()??;
    under.all(|node| node.as_ref() == Some(&first)).then_some(first)
}

fn common(roots: &Roots, object: ObjectRef, via: Via, of: Vec<usize>) -> Common {
    let fires: usize = of.iter().map(|&at| roots.findings[at].affected_count).sum();
    let what = match object.known_kind() {
        Some(Kind::Node) => "all about what runs on it",
        Some(Kind::ClusterOperator) => "all about what it looks after",
        _ => "all about objects of it",
    };
    let (cli, kind) = (roots.view.cli(), object.kind.to_ascii_lowercase());
    Common {
        via,
        title: format!("{fires} alerts fire, {what}; the objects themselves show nothing").into(),
        confidence: Confidence::Possible,
        facts: vec![fact("alerts that fire", fires), fact("objects they are about", of.len())],
        next: vec![look(format!("{cli} describe {kind} {}", object.name), "shows what the alerts have in common")],
        object,
        of,
    }
}
