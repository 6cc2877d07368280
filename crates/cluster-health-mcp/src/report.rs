//! The `report` command: one source, one assessment, one text for a person or a program, and an exit status.

mod json;
mod markdown;
mod progress;
mod text;

use std::io::{self, IsTerminal, Write};

use cluster_health::finding::{Finding, Severity};
use cluster_health::{Report, Verdict, render};

use crate::args::{MonitoringAccess, ReportOptions, ReportOutput, Source};
use crate::outgoing;
use crate::sources::{self, LoadError};
use crate::state::Snapshot;

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("the cluster's state could not be loaded")]
    Load(#[from] LoadError),
    #[error("the report could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Writes the report to standard output and says how bad it is.
pub fn run(options: &ReportOptions, source: &Source, monitoring: &MonitoringAccess) -> Result<Verdict, ReportError> {
    let bar = progress::Bar::start();
    let loaded = sources::load(source, monitoring, |read, total| bar.moved(read, total));
    bar.end();
    let loaded = loaded?;
    let snapshot = Snapshot::new(loaded.cluster, loaded.as_of, sources::name(source), loaded.notes);
    let snapshot = snapshot.with_logs(loaded.logs);
    let colored = options.color.wanted(io::stdout().is_terminal());
    let written = render(&snapshot, options.output, colored)?;
    // A reader that has seen enough, such as head, is no error.
    let _ = io::stdout().write_all(written.as_bytes());
    Ok(snapshot.report.verdict)
}

/// The report in one of its forms. Colour is for text alone.
pub fn render(snapshot: &Snapshot, output: ReportOutput, colored: bool) -> Result<String, ReportError> {
    Ok(match output {
        ReportOutput::Text => outgoing::text(text::render(snapshot, colored)),
        ReportOutput::Json => outgoing::json(json::render(snapshot)?),
        ReportOutput::Markdown => outgoing::text(markdown::render(snapshot)),
    })
}

/// 0 healthy, 1 degraded, 2 unhealthy, 3 unknown.
pub fn exit_status(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Healthy => 0,
        Verdict::Degraded => 1,
        Verdict::Unhealthy => 2,
        Verdict::Unknown => 3,
    }
}

/// Incidents that come with why they are taken for the cause; nobody reads it of the hundredth.
const EXPLAINED: usize = 10;

/// Findings that change no verdict and that nothing explains.
fn information(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|it| it.severity == Severity::Info && it.explained_by.is_none())
}

/// What was looked at and what was not, a sentence each.
fn coverage(report: &Report, notes: &[String]) -> Vec<String> {
    let coverage = &report.coverage;
    let total = coverage.checks_run + coverage.checks_blind.len();
    let mut lines = vec![format!("{} of {total} applicable checks saw all they need.", coverage.checks_run)];
    lines.extend(render::only_namespaces(report).map(|only| format!("Only {only}.")));
    match render::why_nothing(report) {
        Some(because) => lines.push(format!("Nothing was looked at ({because}).")),
        None => lines
            .extend(coverage.kinds.iter().map(|kind| format!("Not seen: {} ({}).", kind.kind.plural(), kind.because))),
    }
    lines.extend(notes.iter().map(|note| format!("Note: {note}.")));
    lines
}
