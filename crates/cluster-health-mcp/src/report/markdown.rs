//! The report as Markdown, for tickets and chats. Text others wrote stays inside code spans, where it cannot format.

use std::fmt::Write;

use cluster_health::finding::{Fact, Step, Value};
use cluster_health::incidents::{self, Incident};
use cluster_health::{Report, render, time};

use crate::state::Snapshot;

pub(super) fn render(snapshot: &Snapshot) -> String {
    let report = &snapshot.report;
    let mut out = format!("# {}\n\n{}\n", snapshot.verdict(), render::cluster(report));
    for (at, incident) in report.incidents.iter().enumerate() {
        write_incident(&mut out, report, incident);
        if at < super::EXPLAINED {
            let why = render::explanation(&incidents::explain(&snapshot.cluster, report, incident, &snapshot.logs));
            let heading = if why.is_empty() { "" } else { "\nWhy this is taken for the cause:\n\n" };
            // Writing to a String cannot fail
            let _ = write!(out, "{heading}");
            why.lines().for_each(|line| out.push_str(&format!("- {line}\n")));
        }
    }
    for (at, finding) in super::information(report).enumerate() {
        let heading = if at == 0 { "\n## For information\n\n" } else { "" };
        let _ = writeln!(out, "{heading}- {}: {}", finding.object, finding.title);
    }
    out.push_str("\n## Coverage\n\n");
    for line in super::coverage(report, &snapshot.notes) {
        let _ = writeln!(out, "- {line}");
    }
    out
}

fn write_incident(out: &mut String, report: &Report, incident: &Incident) {
    let _ = write!(out, "\n## {}: {}\n\n{}", incident.severity.as_str(), incident.root, incident.title);
    if let Some(since) = incident.since {
        let _ = write!(out, ", since {since} ({} ago)", time::short(report.as_of.since(since)));
    }
    out.push_str(".\n\n");
    for fact in incident.evidence(&report.findings) {
        let _ = writeln!(out, "- {}", evidence(fact));
    }
    let reach = incident.reach();
    if !reach.is_empty() {
        let _ = writeln!(out, "- reaches {reach}");
    }
    if incident.members.len() > 1 || !incident.root_is_found() {
        let _ = write!(out, "\n```\n{}```\n", render::chain(report, incident));
    }
    out.push_str("\nNext:\n\n");
    for step in incident.steps(&report.findings) {
        let Step { purpose, command, risk } = step;
        let risk = risk.as_ref().map(|risk| format!(" Risk: {risk}.")).unwrap_or_default();
        let _ = writeln!(out, "- `{command}`: {purpose}.{risk}");
    }
    if let Some(root) = incident.root_finding(&report.findings) {
        let _ = writeln!(out, "\n[Reference]({})", root.reference);
    }
}

fn evidence(fact: &Fact) -> String {
    match &fact.value {
        Value::Typed(value) => format!("`{}` is `{value}`", fact.path),
        Value::Untrusted(text) => format!("`{}` says (untrusted text) `{text}`", fact.path),
    }
}
