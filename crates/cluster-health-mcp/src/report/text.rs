//! The report for a terminal: causes in full, what follows from them in a line each.

use std::fmt::Write;

use cluster_health::finding::{Finding, Severity};
use cluster_health::{Report, Verdict, render};

const RED: &str = "\x1b[31;1m";
const YELLOW: &str = "\x1b[33;1m";
const GREEN: &str = "\x1b[32;1m";
const FAINT: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

pub(super) fn render(report: &Report, notes: &[String], colored: bool) -> String {
    let paint = |color: &str, text: &str| if colored { format!("{color}{text}{PLAIN}") } else { text.to_owned() };
    let verdict_color = match report.verdict {
        Verdict::Healthy => GREEN,
        Verdict::Degraded | Verdict::Unknown => YELLOW,
        Verdict::Unhealthy => RED,
    };
    let mut out = format!("{}\n{}\n", paint(verdict_color, &render::verdict(report)), render::cluster(report));
    let (causes, symptoms): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.explained_by.is_none());
    for finding in causes {
        let text = render::finding(report, finding);
        let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
        // Writing to a String cannot fail
        let _ = write!(out, "\n{}\n{}\n", paint(color_of(finding), head), paint(FAINT, rest));
    }
    if !symptoms.is_empty() {
        out.push_str("\nExplained by the above:\n");
        for finding in symptoms {
            let _ = writeln!(out, "{}", paint(FAINT, &render::symptom(finding)));
        }
    }
    out.push('\n');
    for line in super::coverage(report, notes) {
        let _ = writeln!(out, "{line}");
    }
    out
}

fn color_of(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Critical => RED,
        Severity::Warning => YELLOW,
        Severity::Info => FAINT,
    }
}
