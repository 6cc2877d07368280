//! When findings began.

use crate::finding::{Finding, Severity};
use crate::report::Report;

use super::{Entry, Scope, Sort};

pub(super) fn add(report: &Report, scope: &Scope, entries: &mut Vec<Entry>) {
    for finding in of(report, scope) {
        if let Some(since) = &finding.since {
            entries.push(Entry {
                at: since.at,
                sort: Sort::Symptom,
                object: finding.object.clone(),
                what: finding.title.to_string(),
                untrusted_text: None,
                field: since.field,
            });
        }
    }
}

pub(super) fn of<'r>(report: &'r Report, scope: &Scope) -> impl Iterator<Item = &'r Finding> {
    report.findings.iter().filter(|it| it.severity >= Severity::Warning && scope.has(&it.object))
}
