//! The report as Markdown, for tickets and chats. Text others wrote stays inside code spans, where it cannot format.

use std::fmt::Write;

use cluster_health::finding::{Fact, Finding, Value};
use cluster_health::{Report, render, time};

pub(super) fn render(report: &Report, notes: &[String]) -> String {
    let mut out = format!("# {}\n\n{}\n", render::verdict(report), render::cluster(report));
    let causes = report.findings.iter().filter(|finding| finding.explained_by.is_none());
    for finding in causes {
        cause(&mut out, report, finding);
    }
    let symptoms: Vec<_> = report.findings.iter().filter(|finding| finding.explained_by.is_some()).collect();
    if !symptoms.is_empty() {
        out.push_str(
            "\n## Explained by the above\n\n| severity | object | finding | because of |\n|---|---|---|---|\n",
        );
        for finding in symptoms {
            let cause = finding.explained_by.as_deref().unwrap_or_default();
            // Writing to a String cannot fail
            let _ =
                writeln!(out, "| {} | {} | {} | `{cause}` |", finding.severity.as_str(), finding.object, finding.title);
        }
    }
    out.push_str("\n## Coverage\n\n");
    for line in super::coverage(report, notes) {
        let _ = writeln!(out, "- {line}");
    }
    out
}

fn cause(out: &mut String, report: &Report, finding: &Finding) {
    let _ = write!(out, "\n## {}: {}\n\n{}", finding.severity.as_str(), finding.object, finding.title);
    if let Some(since) = &finding.since {
        let _ = write!(out, ", since {} ({} ago)", since.at, time::short(report.as_of.since(since.at)));
    }
    out.push_str(".\n\n");
    for fact in &finding.facts {
        let _ = writeln!(out, "- {}", evidence(fact));
    }
    if finding.affected_count > 0 {
        let shown: Vec<_> = finding.affected.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "- affects {}: {}", finding.affected_count, shown.join(", "));
    }
    out.push_str("\nNext:\n\n");
    for step in &finding.next {
        let risk = step.risk.as_ref().map(|risk| format!(" Risk: {risk}.")).unwrap_or_default();
        let _ = writeln!(out, "- `{}`: {}.{risk}", step.command, step.purpose);
    }
    let _ = writeln!(out, "\n[Reference]({})", finding.reference);
}

fn evidence(fact: &Fact) -> String {
    match &fact.value {
        Value::Typed(value) => format!("`{}` is `{value}`", fact.path),
        Value::Untrusted(text) => format!("`{}` says (untrusted text) `{text}`", fact.path),
    }
}
