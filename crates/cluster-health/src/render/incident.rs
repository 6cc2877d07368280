//! An incident in one line, and in full.

use std::fmt::Write;

use crate::finding::{Confidence, Finding};
use crate::graph::Via;
use crate::incidents::{Incident, Link, chain};
use crate::report::Report;
use crate::time;

use super::{FACTS_SHOWN, fact};

/// Objects named of what follows from an incident.
const FOLLOWERS_SHOWN: usize = 4;

/// Everything needed to act: severity, root, age, reach, what follows, evidence, what to run, the identifier.
pub fn incident_line(report: &Report, incident: &Incident) -> String {
    let mut line = headline(report, incident);
    if let Some(followers) = followers(report, incident) {
        let reach = incident.reach();
        let colon = if reach.is_empty() { "" } else { ": " };
        let _ = write!(line, " | reaches {reach}{colon}{followers}");
    }
    let facts: Vec<String> = incident.evidence(&report.findings).iter().take(FACTS_SHOWN).map(fact).collect();
    if !facts.is_empty() {
        let _ = write!(line, " | evidence: {}", facts.join("; "));
    }
    if let Some(step) = incident.steps(&report.findings).first() {
        let _ = write!(line, " | next: {}", step.command);
    }
    let _ = write!(line, " | incident: {}", incident.id);
    line
}

/// Severity, root object, title, and since when.
pub(super) fn headline(report: &Report, incident: &Incident) -> String {
    let since = incident
        .since
        .map(|since| format!(" (since {since}, {} ago)", time::short(report.as_of.since(since))))
        .unwrap_or_default();
    let sure = match incident.confidence {
        Confidence::Confirmed => "",
        Confidence::Likely => " [likely the root]",
        Confidence::Possible => " [possibly the root]",
    };
    format!("{} {}: {}{since}{sure}", incident.severity.as_str().to_uppercase(), incident.root, incident.title)
}

/// The first objects that follow, in the order of the chain.
fn followers(report: &Report, incident: &Incident) -> Option<String> {
    let tree = chain(&report.findings, incident);
    let mut names: Vec<String> = Vec::new();
    walk(&tree, &mut |link| {
        let name =
            if link.alike > 0 { format!("{} (+{} alike)", link.object, link.alike) } else { link.object.to_string() };
        if link.via.is_some_and(|via| via != Via::SameObject) && !names.contains(&name) {
            names.push(name);
        }
    });
    let more = names.len().saturating_sub(FOLLOWERS_SHOWN);
    names.truncate(FOLLOWERS_SHOWN);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("{}{more}", names.join(", ")))
}

fn walk(link: &Link, visit: &mut impl FnMut(&Link)) {
    visit(link);
    link.below.iter().for_each(|below| walk(below, visit));
}

/// The incident with its evidence, its chain drawn, and its steps.
pub fn incident(report: &Report, incident: &Incident) -> String {
    let mut text = headline(report, incident);
    let mut add = |line: String| {
        text.push_str("\n  ");
        text.push_str(&line);
    };
    let root = incident.root_finding(&report.findings);
    if let Some(since) = root.and_then(|root| root.since.as_ref()) {
        add(format!("since read from {}", since.field));
    }
    for one in incident.evidence(&report.findings) {
        add(format!("evidence: {}", fact(one)));
    }
    let reach = incident.reach();
    if !reach.is_empty() {
        add(format!("reaches: {reach}"));
    }
    if let Some(affected) = root.and_then(affected) {
        add(format!("affects: {affected}"));
    }
    if incident.members.len() > 1 || !incident.root_is_found() {
        add("chain:".to_owned());
        super::chain(report, incident).lines().for_each(|line| add(format!("  {line}")));
    }
    for step in incident.steps(&report.findings) {
        add(match &step.risk {
            None => format!("look: {} ({})", step.command, step.purpose),
            Some(risk) => format!("change: {} ({}; risk: {risk})", step.command, step.purpose),
        });
    }
    if let Some(root) = root {
        add(format!("reference: {}", root.reference));
        add(format!("finding: {}", root.id));
    }
    add(format!("incident: {}", incident.id));
    text
}

fn affected(root: &Finding) -> Option<String> {
    let shown: Vec<String> = root.affected.iter().map(ToString::to_string).collect();
    let more = root.affected_count - root.affected.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}
