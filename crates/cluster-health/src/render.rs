//! A report as short text, for people and for models: the verdict first, one finding a line, causes first, within a
//! given number of bytes. The same report gives the same text.

use std::fmt::Write;

use crate::finding::{Finding, Value};
use crate::report::{Report, Verdict};
use crate::time;

/// About 4,000 tokens: what an answer may cost a model's context.
pub const ANSWER_BYTES: usize = 16_000;

/// Symptoms and evidence beyond these are a call away.
const SYMPTOMS_SHOWN: usize = 12;
const FACTS_SHOWN: usize = 3;

/// The whole report within `max_bytes`: what does not fit is counted, never silently dropped.
pub fn health(report: &Report, max_bytes: usize) -> String {
    let coverage = coverage(report);
    let mut text = format!("{}\n{}\n", verdict(report), cluster(report));
    let room = max_bytes.saturating_sub(coverage.len() + 200);
    let is_cause = |finding: &&Finding| finding.explained_by.is_none();
    let causes = report.findings.iter().filter(is_cause);
    section(&mut text, "\nWorst first:\n", causes, |finding| cause_line(report, finding), usize::MAX, room);
    let symptoms = report.findings.iter().filter(|finding| !is_cause(finding));
    section(&mut text, "\nExplained by the above:\n", symptoms, symptom, SYMPTOMS_SHOWN, room);
    text + &coverage
}

/// Lines for as many findings as there is room for; the rest is counted, not written.
fn section<'r>(
    text: &mut String,
    heading: &str,
    mut findings: impl Iterator<Item = &'r Finding>,
    line: impl Fn(&Finding) -> String,
    most: usize,
    room: usize,
) {
    let mut rest = 0;
    for (shown, finding) in findings.by_ref().enumerate() {
        let line = line(finding);
        let heading = if shown == 0 { heading } else { "" };
        if shown == most || text.len() + heading.len() + line.len() + 1 > room {
            rest = 1;
            break;
        }
        let _ = writeln!(text, "{heading}{line}");
    }
    rest += findings.count();
    if rest > 0 {
        let _ = writeln!(text, "- … and {rest} more: call list-findings");
    }
}

/// The verdict in one sentence.
pub fn verdict(report: &Report) -> String {
    let counts = report.counts;
    let blind = report.coverage.checks_blind.len();
    let seen =
        if blind == 0 { String::new() } else { format!("; {} could not see all they need", counted(blind, "check")) };
    let findings = match (counts.critical, counts.warning) {
        (0, 0) => "no critical findings, no warnings".to_owned(),
        (critical, warning) => format!("{critical} critical, {}", counted(warning, "warning")),
    };
    match report.verdict {
        Verdict::Healthy => format!("HEALTHY: {findings}{seen}."),
        Verdict::Unknown => format!("UNKNOWN: {findings}, but too little was seen to call the cluster healthy{seen}."),
        Verdict::Degraded => format!("DEGRADED: {findings}{seen}."),
        Verdict::Unhealthy => format!("UNHEALTHY: {findings}{seen}."),
    }
}

/// `1 warning`, `2 warnings`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What the cluster is, in one sentence.
pub fn cluster(report: &Report) -> String {
    let cluster = &report.cluster;
    let version = if cluster.version.is_empty() { "of unknown version" } else { &cluster.version };
    format!(
        "{} {version}, {} of {} nodes ready, {} namespaces, {} pods ({} running, {} pending, {} failed, {} succeeded), as of {}.",
        cluster.product,
        cluster.nodes_ready,
        cluster.nodes,
        cluster.namespaces,
        cluster.pods.total(),
        cluster.pods.running,
        cluster.pods.pending,
        cluster.pods.failed,
        cluster.pods.succeeded,
        report.as_of,
    )
}

/// One line with everything needed to act: severity, title, age, evidence, what it explains, what to run.
fn cause_line(report: &Report, finding: &Finding) -> String {
    let mut line = headline(report, finding);
    let facts: Vec<String> = finding.facts.iter().take(FACTS_SHOWN).map(fact).collect();
    if !facts.is_empty() {
        let _ = write!(line, " | evidence: {}", facts.join("; "));
    }
    if finding.explains > 0 {
        let _ = write!(line, " | explains {}", counted(finding.explains, "other finding"));
    }
    if let Some(step) = finding.next.first() {
        let _ = write!(line, " | next: {}", step.command);
    }
    let _ = write!(line, " | id: {}", finding.id);
    line
}

fn headline(report: &Report, finding: &Finding) -> String {
    let since = finding
        .since
        .as_ref()
        .map(|since| format!(" (since {}, {} ago)", since.at, time::short(report.as_of.since(since.at))));
    format!(
        "- {} {}: {}{}",
        finding.severity.as_str().to_uppercase(),
        finding.object,
        finding.title,
        since.unwrap_or_default()
    )
}

/// One line for a finding that another explains.
pub fn symptom(finding: &Finding) -> String {
    format!(
        "- {} {}: {} | because of: {}",
        finding.severity.as_str().to_uppercase(),
        finding.object,
        finding.title,
        finding.explained_by.as_deref().unwrap_or_default()
    )
}

/// One piece of evidence; text of others is quoted and marked.
pub fn fact(fact: &crate::finding::Fact) -> String {
    match &fact.value {
        Value::Typed(value) => format!("{} = {value}", fact.path),
        Value::Untrusted(text) => format!("{} says (untrusted text): \"{text}\"", fact.path),
    }
}

fn coverage(report: &Report) -> String {
    let coverage = &report.coverage;
    let mut text = String::new();
    if let Some(count) = coverage.only_namespaces {
        let _ = write!(text, "\nOnly the {count} namespaces that were collected were looked at.");
    }
    if !coverage.kinds.is_empty() {
        let kinds: Vec<String> =
            coverage.kinds.iter().map(|kind| format!("{} ({})", kind.kind.plural(), kind.because)).collect();
        let _ = write!(text, "\nNot looked at, or not fully: {}.", kinds.join(", "));
    }
    let total = coverage.checks_run + coverage.checks_blind.len();
    let _ = write!(text, "\n{} of {total} applicable checks saw all they need.", coverage.checks_run);
    text
}

/// One finding with all that is known of it.
pub fn finding(report: &Report, finding: &Finding) -> String {
    let mut text = headline(report, finding);
    let mut add = |line: String| {
        text.push_str("\n  ");
        text.push_str(&line);
    };
    if let Some(since) = &finding.since {
        add(format!("since read from {}", since.field));
    }
    for one in &finding.facts {
        add(format!("evidence: {}", fact(one)));
    }
    if finding.affected_count > 0 {
        let shown: Vec<String> = finding.affected.iter().map(ToString::to_string).collect();
        let more = finding.affected_count - finding.affected.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        add(format!("affects: {}{more}", shown.join(", ")));
    }
    if let Some(cause) = &finding.explained_by {
        add(format!("because of: {cause}"));
    }
    for step in &finding.next {
        match &step.risk {
            None => add(format!("look: {} ({})", step.command, step.purpose)),
            Some(risk) => add(format!("change: {} ({}; risk: {risk})", step.command, step.purpose)),
        }
    }
    add(format!("reference: {}", finding.reference));
    add(format!("id: {}", finding.id));
    text
}
