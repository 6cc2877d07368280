//! Workloads that fail alike and all name one host outside the cluster in their environment.

use std::collections::{BTreeMap, HashSet};

use crate::finding::Confidence;
use crate::graph::{Via, outside};
use crate::model::ObjectRef;
use crate::name::Name;

use super::super::rules::{Effect, effect};
use super::{AT_LEAST, Common, Roots, fact, look};

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    let mut hosts: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (at, finding) in roots.iter().filter(|(_, finding)| effect(finding) == Effect::Running) {
        let pods = roots.view.unsettled_of(&finding.object);
        let named = pods.first().map_or(&[][..], |pod| &pod.template.hosts);
        for host in named.iter().filter(|host| is_outside(host)) {
            hosts.entry(host.clone()).or_default().push(at);
        }
    }
    hosts.retain(|host, of| of.len() >= AT_LEAST && nobody_else_uses(roots, host, of));
    hosts.into_iter().map(|(host, of)| common(roots, &host, of)).collect()
}

/// At least two labels, and not a name of the cluster's own DNS.
fn is_outside(host: &str) -> bool {
    host.contains('.')
        && !host.split('.').any(|label| label == "svc")
        && host.rsplit('.').next().is_some_and(|top| top.len() > 1)
}

/// A host that well pods name too is not what fails.
fn nobody_else_uses(roots: &Roots, host: &Name, of: &[usize]) -> bool {
    let group: HashSet<&ObjectRef> = of.iter().map(|&at| &roots.findings[at].object).collect();
    let mut users = roots.view.cluster.pods.iter().filter(|pod| pod.ready && pod.template.hosts.contains(host));
    users.all(|pod| group.contains(&roots.view.workload(pod)))
}

fn common(roots: &Roots, host: &Name, of: Vec<usize>) -> Common {
    Common {
        object: outside::named(outside::HOST, host),
        via: Via::Calls,
        title: format!("{} workloads that name it in their environment do not run", of.len()).into(),
        confidence: Confidence::Possible,
        facts: vec![fact("failing workloads that name it", of.len()), fact("well workloads that name it", 0)],
        next: vec![look(
            format!("{} get pods -A -o wide", roots.view.cli()),
            "find one of the failing pods; its log tells whether this host is what it waits for",
        )],
        of,
    }
}
