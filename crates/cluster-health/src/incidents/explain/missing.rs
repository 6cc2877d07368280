//! What was not seen and would make the root surer, and where to see it.

use std::collections::BTreeSet;

use crate::coverage::Seen;
use crate::model::Kind;
use crate::report::Report;
use crate::view::View;

use super::super::impact::is_workload;
use super::super::rules::{Effect, effect};
use super::super::{Incident, Member};
use super::LogEvidence;

const SHOWN: usize = 6;

/// Kinds that a diagnosis of a workload leans on.
const USED: [Kind; 8] = [
    Kind::Event,
    Kind::Pod,
    Kind::Node,
    Kind::ReplicaSet,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::PersistentVolumeClaim,
    Kind::ResourceQuota,
];

pub(super) fn missing(view: &View, report: &Report, incident: &Incident, logs: &[LogEvidence]) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(root) = incident.root_finding(&report.findings) {
        if effect(root) == Effect::Running && !logs.iter().any(|log| log.of == root.object) {
            let logs = root.next.iter().find(|step| step.command.contains(" logs "));
            let command = logs.map(|step| format!(": {}", step.command)).unwrap_or_default();
            out.push(format!("why its container does not run: its log, which is not part of this state{command}"));
        }
        if root.since.is_none() {
            out.push("since when: no field of the object says so".to_owned());
        }
    }
    out.extend(inferred(report, incident, logs));
    let used = if is_workload(&incident.root) { &USED[..] } else { &USED[..1] };
    for &kind in used {
        let why = match view.cluster.coverage.of(kind) {
            Seen::Partial { why } => why.clone(),
            Seen::Stale { since, why, .. } => format!("not followed since {since}: {why}"),
            Seen::NotSeen(reason) => reason.words().to_owned(),
            Seen::Complete | Seen::InNamespaces(_) => continue,
        };
        out.push(format!("{}: {why}", kind.plural()));
    }
    out.truncate(SHOWN);
    out
}

/// Dependencies that were read out of addresses and that no log confirms.
fn inferred(report: &Report, incident: &Incident, logs: &[LogEvidence]) -> BTreeSet<String> {
    let lines = |member: &Member| {
        let mut from = report.findings[member.finding].object.clone();
        let mut lines = Vec::new();
        for hop in &member.path {
            let confirmed = logs.iter().any(|log| log.of == from && log.service.as_ref() == Some(&hop.object));
            if hop.via.is_inferred() && !confirmed {
                lines.push(format!(
                    "that {from} really needs {}: read from an address in its environment, arguments or probes; its log would confirm it",
                    hop.object
                ));
            }
            from = hop.object.clone();
        }
        lines
    };
    incident.members.iter().flat_map(lines).collect()
}
