//! For tests: a few lines of YAML as the whole cluster, findings as short lines.

use crate::change::Change;
use crate::checks::Check;
use crate::cluster::{Cluster, Index};
use crate::coverage::{Reason, Seen};
use crate::decode;
use crate::finding::Finding;
use crate::model::{Kind, Origin};
use crate::time::{self, Time};
use crate::view::View;

/// The moment every check's test takes place.
pub(crate) const NOW: &str = "2026-11-18T12:00:00Z";

/// A cluster of which everything was seen, holding these YAML documents. Each names its `kind`; times may be written
/// as `@20m` (that long before [`NOW`]).
pub(crate) fn cluster(documents: &str) -> Cluster {
    let mut index = Index::default();
    let lines: Vec<&str> = documents.lines().collect();
    for document in lines.split(|line| line.trim() == "---").map(|lines| with_times(&unindented(lines))) {
        if document.trim().is_empty() {
            continue;
        }
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: ")).expect("a document without a kind");
        let kind = Kind::from_words(kind.trim()).unwrap_or_else(|| panic!("unknown kind {kind}"));
        let object = decode::yaml(kind, &document).unwrap_or_else(|error| panic!("{error}\n{document}"));
        index.apply(Change::Apply(object));
    }
    // Whose monitoring was asked has a Watchdog: tests of something else have none
    let asked = index.cluster().count(Kind::Alert) + index.cluster().count(Kind::Silence) > 0;
    for &kind in Kind::ALL {
        let seen = if asked || kind.origin() != Origin::Monitoring {
            Seen::Complete
        } else {
            Seen::NotSeen(Reason::NotConfigured)
        };
        index.apply(Change::Synced(kind, seen));
    }
    index.into_cluster()
}

pub(crate) fn now() -> Time {
    Time::parse(NOW).unwrap()
}

fn unindented(lines: &[&str]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let least = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    lines.iter().map(|line| line.get(least..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// Replaces `@90s`, `@20m`, `@3h`, `@2d` by the time that long before now.
fn with_times(text: &str) -> String {
    let mut parts = text.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let unit = part[digits..].chars().next();
        let seconds = match (part[..digits].parse::<u64>(), unit) {
            (Ok(count), Some('s')) => count,
            (Ok(count), Some('m')) => count * 60,
            (Ok(count), Some('h')) => count * 3600,
            (Ok(count), Some('d')) => count * 86_400,
            _ => {
                out.push('@');
                out.push_str(part);
                continue;
            }
        };
        out.push_str(&format!("\"{}\"", now().minus(std::time::Duration::from_secs(seconds))));
        out.push_str(&part[digits + 1..]);
    }
    out
}

/// What one check finds, as `severity object: title (since age)` lines.
fn found(check: &Check, documents: &str) -> Vec<Finding> {
    let cluster = cluster(documents);
    let view = View::new(&cluster, now());
    let mut findings = Vec::new();
    (check.run)(&view, &mut findings);
    findings
}

fn line(finding: &Finding) -> String {
    let since = finding.since.as_ref().map(|since| format!(" (since {})", time::short(now().since(since.at))));
    format!("{} {}: {}{}", finding.severity.as_str(), finding.object, finding.title, since.unwrap_or_default())
}

/// The check finds exactly these, in any order, and each comes with a command that only reads.
#[track_caller]
pub(crate) fn fires(check: &Check, documents: &str, expected: &[&str]) -> Vec<Finding> {
    let findings = found(check, documents);
    let mut lines: Vec<_> = findings.iter().map(line).collect();
    lines.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(lines, expected, "\nfindings: {findings:#?}");
    for finding in &findings {
        assert_eq!(finding.check, check.id);
        assert!(finding.next.first().is_some_and(|step| step.risk.is_none()), "no first look: {finding:#?}");
    }
    findings
}

/// The check finds nothing.
#[track_caller]
pub(crate) fn silent(check: &Check, documents: &str) {
    fires(check, documents, &[]);
}
