//! The report for a terminal: every incident with its evidence, its chain drawn and why it is taken for the cause.

use std::fmt::Write;

use cluster_health::finding::Severity;
use cluster_health::{Report, Verdict, incidents, render};

use crate::state::Snapshot;

const RED: &str = "\x1b[31;1m";
const YELLOW: &str = "\x1b[33;1m";
const GREEN: &str = "\x1b[32;1m";
const FAINT: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

pub(super) fn render(snapshot: &Snapshot, colored: bool) -> String {
    let report = &snapshot.report;
    let paint = |color: &str, text: &str| if colored { format!("{color}{text}{PLAIN}") } else { text.to_owned() };
    let mut out = format!("{}\n{}\n", paint(verdict_color(report), &snapshot.verdict()), render::cluster(report));
    for (at, incident) in report.incidents.iter().enumerate() {
        let mut text = render::incident(report, incident);
        if at < super::EXPLAINED {
            let why = render::explanation(&incidents::explain(&snapshot.cluster, report, incident, &snapshot.logs));
            why.lines().for_each(|line| text.push_str(&format!("\n  {line}")));
        }
        let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let head = format!("{}. {head}", at + 1);
        // Writing to a String cannot fail
        let _ = write!(out, "\n{}\n{}\n", paint(color_of(incident.severity), &head), paint(FAINT, rest));
    }
    for (at, finding) in super::information(report).enumerate() {
        let heading = if at == 0 { "\nFor information:\n" } else { "" };
        let _ = writeln!(out, "{heading}{}", paint(FAINT, &render::finding(report, finding)));
    }
    out.push('\n');
    for line in super::coverage(report, &snapshot.notes) {
        let _ = writeln!(out, "{line}");
    }
    out
}

fn verdict_color(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Healthy => GREEN,
        Verdict::Degraded | Verdict::Unknown => YELLOW,
        Verdict::Unhealthy => RED,
    }
}

fn color_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => RED,
        Severity::Warning => YELLOW,
        Severity::Info => FAINT,
    }
}
