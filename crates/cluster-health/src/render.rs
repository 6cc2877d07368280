//! A report as short text, for people and for models: the verdict first, one incident a line, worst first, within a
//! given number of bytes. The same report gives the same text.

mod chain;
mod explanation;
mod incident;

use std::fmt::Write;

use crate::finding::{Finding, Severity, Value};
use crate::model::Kind;
use crate::report::{Report, Verdict};
use crate::time;

pub use chain::chain;
pub use explanation::explanation;
pub use incident::{incident, incident_line};

/// About 4,000 tokens: what an answer may cost a model's context.
pub const ANSWER_BYTES: usize = 16_000;

/// Evidence beyond this is a call away.
const FACTS_SHOWN: usize = 3;

/// How many of the namespaces that alone were looked at are named.
const NAMED_NAMESPACES: usize = 5;

/// The whole report within `max_bytes`: what does not fit is counted, never silently dropped.
pub fn health(report: &Report, max_bytes: usize) -> String {
    let coverage = coverage(report);
    let mut text = format!("{}\n{}\n", verdict(report), cluster(report));
    let room = max_bytes.saturating_sub(coverage.len() + 400);
    let lines =
        report.incidents.iter().enumerate().map(|(at, one)| format!("{}. {}", at + 1, incident_line(report, one)));
    section(&mut text, "\nIncidents, worst first:\n", lines, "list-incidents", room);
    let followers = report.findings.iter().filter(|finding| finding.explained_by.is_some()).count();
    if followers > 0 {
        let _ = writeln!(
            text,
            "\n{} follow from these incidents: explain-incident draws the chain of one, list-findings lists all.",
            counted(followers, "finding")
        );
    }
    let information = report.findings.iter().filter(|finding| finding.severity == Severity::Info);
    let lines =
        information.filter(|finding| finding.explained_by.is_none()).map(|finding| finding_line(report, finding));
    section(&mut text, "\nFor information:\n", lines, "list-findings", room);
    text + &coverage
}

/// As many lines as there is room for; the rest is counted, not written.
fn section(text: &mut String, heading: &str, lines: impl Iterator<Item = String>, tool: &str, room: usize) {
    let mut lines = lines.peekable();
    let mut heading = heading;
    while let Some(line) = lines.next_if(|line| text.len() + heading.len() + line.len() < room) {
        let _ = writeln!(text, "{heading}{line}");
        heading = "";
    }
    let rest = lines.count();
    if rest > 0 {
        let _ = writeln!(text, "{heading}- … and {rest} more: call {tool}");
    }
}

/// The verdict in one sentence.
pub fn verdict(report: &Report) -> String {
    let counts = report.counts;
    let blind = report.coverage.checks_blind.len();
    let seen =
        if blind == 0 { String::new() } else { format!("; {} could not see all they need", counted(blind, "check")) };
    let incidents = counted(report.incidents.len(), "incident");
    let findings = match (counts.critical, counts.warning) {
        (0, 0) => "no critical findings, no warnings".to_owned(),
        (critical, warning) => format!("{incidents} ({critical} critical, {})", counted(warning, "warning")),
    };
    if let Some(stale) = &report.coverage.stale {
        return format!(
            "UNKNOWN: the cluster has not been followed since {} ({}); then: {findings}{seen}.",
            stale.since, stale.because
        );
    }
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

/// One line with everything needed to act: severity, title, age, evidence, what to run.
fn finding_line(report: &Report, finding: &Finding) -> String {
    let mut line = headline(report, finding);
    let facts: Vec<String> = finding.facts.iter().take(FACTS_SHOWN).map(fact).collect();
    if !facts.is_empty() {
        let _ = write!(line, " | evidence: {}", facts.join("; "));
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
    if let Some(only) = only_namespaces(report) {
        let _ = write!(text, "\nOnly {only}.");
    }
    if let Some(because) = why_nothing(report) {
        let _ = write!(text, "\nNothing was looked at ({because}).");
    } else if !coverage.kinds.is_empty() {
        let kinds: Vec<String> =
            coverage.kinds.iter().map(|kind| format!("{} ({})", kind.kind.plural(), kind.because)).collect();
        let _ = write!(text, "\nNot looked at, or not fully: {}.", kinds.join(", "));
    }
    let total = coverage.checks_run + coverage.checks_blind.len();
    let _ = write!(text, "\n{} of {total} applicable checks saw all they need.", coverage.checks_run);
    text
}

/// Which namespaces were looked at, when those were not all: the rest of a sentence that begins with "only".
pub fn only_namespaces(report: &Report) -> Option<String> {
    let names = report.coverage.only_namespaces.as_ref()?;
    let shown: Vec<&str> = names.iter().take(NAMED_NAMESPACES).map(|name| &**name).collect();
    let shown = shown.join(", ");
    Some(match names.len() {
        0 => "what has no namespace was looked at".to_owned(),
        1 => format!("the namespace {shown} was looked at"),
        count if count > NAMED_NAMESPACES => format!("{count} namespaces were looked at, such as {shown}"),
        _ => format!("the namespaces {shown} were looked at"),
    })
}

/// The one reason for which no kind at all was seen.
pub fn why_nothing(report: &Report) -> Option<&str> {
    let kinds: Vec<_> = report.coverage.kinds.iter().filter(|gap| gap.kind.is_served()).collect();
    let because = kinds.first()?.because.as_str();
    let nothing = kinds.len() == Kind::served().count() && kinds.iter().all(|kind| kind.because == because);
    nothing.then_some(because)
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
