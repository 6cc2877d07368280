//! What a caller has seen already and what it need not see, in a word it hands back: nothing is kept here, so any replica can answer, and a
//! restart forgets nothing.
//!
//! The word holds the time of the answer and, for each of its incidents, a digest of the identifier and the severity.
//! Beyond [`REMEMBERED`] incidents only the time is left to go by, so what began before it counts as seen.

use cluster_health::finding::Severity;
use cluster_health::incidents::Incident;
use cluster_health::{Report, Time};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ToolError;
use crate::state::Snapshot;

/// Keeps the word under 600 characters.
const REMEMBERED: usize = 64;
const VERSION: &str = "s1";
const TIME: usize = 10;
const DIGEST: usize = 8;

/// How an incident stands to what the caller saw last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    New,
    Worse,
    Known,
}

/// How the cluster changed since the caller last looked
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changes {
    /// When that was, RFC 3339
    pub since: String,
    pub new: usize,
    pub worse: usize,
    pub known: usize,
    pub gone: usize,
    /// Identifiers of the new and the worse, worst first, ten at most
    pub incidents: Vec<String>,
}

/// Something that looks like trouble and is none
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suppressed {
    pub count: usize,
    pub what: String,
    pub why: String,
}

/// Incidents named in [`Changes`].
const NAMED: usize = 10;

/// What was seen and is not reported as a fault.
pub(super) fn suppressed(snapshot: &Snapshot) -> Vec<Suppressed> {
    snapshot
        .suppressed()
        .iter()
        .map(|one| Suppressed { count: one.count, what: one.what.to_owned(), why: one.why.to_owned() })
        .collect()
}

/// The end of an answer's text: what changed, what was left out, and the word to hand back.
pub(super) fn words(changes: Option<&Changes>, suppressed: &[Suppressed], seen: &str) -> String {
    let mut text = String::new();
    if let Some(Changes { since, new, worse, known, gone, incidents }) = changes {
        text.push_str(&format!("\nSince {since}: {new} new, {worse} worse, {known} known, {gone} gone"));
        text.push_str(&if incidents.is_empty() { ".".to_owned() } else { format!(": {}.", incidents.join(", ")) });
    }
    if !suppressed.is_empty() {
        let each: Vec<String> =
            suppressed.iter().map(|one| format!("{} {} ({})", one.count, one.what, one.why)).collect();
        text.push_str(&format!("\nSuppressed: {}.", each.join("; ")));
    }
    text.push_str(&format!("\nTo learn what is new next time, call again with since {seen}"));
    text
}

/// What a caller saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    at: i64,
    incidents: Vec<(u32, Severity)>,
    /// There were more than are remembered.
    overflowed: bool,
}

/// The word for this report's incidents.
pub(super) fn remember(report: &Report) -> String {
    let overflowed = report.incidents.len() > REMEMBERED;
    let mut text = format!("{VERSION}{:010x}", report.as_of.unix().max(0));
    for incident in report.incidents.iter().take(REMEMBERED) {
        text.push_str(&format!("{}{:08x}", letter(incident.severity), digest(&incident.id)));
    }
    if overflowed {
        text.push('+');
    }
    text
}

impl Seen {
    pub(super) fn parse(word: &str) -> Result<Self, ToolError> {
        Self::decode(word).ok_or_else(|| {
            ToolError::argument("since", word, "seen of an earlier answer of this tool; leave it out to see everything")
        })
    }

    fn decode(word: &str) -> Option<Self> {
        let rest = word.strip_prefix(VERSION).filter(|rest| rest.is_ascii())?;
        let (rest, overflowed) = rest.strip_suffix('+').map_or((rest, false), |rest| (rest, true));
        let (at, digests) = rest.split_at_checked(TIME)?;
        let at = i64::from_str_radix(at, 16).ok()?;
        let one = |start: usize| {
            let severity = severity(digests.get(start..=start)?)?;
            let digest = u32::from_str_radix(digests.get(start + 1..start + 1 + DIGEST)?, 16).ok()?;
            Some((digest, severity))
        };
        let incidents = (0..digests.len()).step_by(1 + DIGEST).map(one).collect::<Option<Vec<_>>>()?;
        Some(Self { at, incidents, overflowed })
    }

    pub(super) fn at(&self) -> Time {
        Time::from_unix(self.at)
    }

    pub(super) fn change(&self, incident: &Incident) -> Change {
        let digest = digest(&incident.id);
        match self.incidents.iter().find(|(known, _)| *known == digest) {
            Some((_, severity)) if *severity < incident.severity => Change::Worse,
            Some(_) => Change::Known,
            None if self.overflowed && incident.since.is_some_and(|since| since.unix() <= self.at) => Change::Known,
            None => Change::New,
        }
    }

    pub(super) fn changes(&self, report: &Report) -> Changes {
        let of = |change| report.incidents.iter().filter(move |incident| self.change(incident) == change);
        let told = report.incidents.iter().filter(|incident| self.change(incident) != Change::Known);
        Changes {
            since: self.at().to_string(),
            new: of(Change::New).count(),
            worse: of(Change::Worse).count(),
            known: of(Change::Known).count(),
            gone: self.gone(report),
            incidents: told.take(NAMED).map(|incident| incident.id.clone()).collect(),
        }
    }

    /// How many of the incidents seen are no more.
    fn gone(&self, report: &Report) -> usize {
        let now: Vec<u32> = report.incidents.iter().map(|incident| digest(&incident.id)).collect();
        self.incidents.iter().filter(|(known, _)| !now.contains(known)).count()
    }
}

fn letter(severity: Severity) -> char {
    match severity {
        Severity::Critical => 'c',
        Severity::Warning => 'w',
        Severity::Info => 'i',
    }
}

fn severity(letter: &str) -> Option<Severity> {
    match letter {
        "c" => Some(Severity::Critical),
        "w" => Some(Severity::Warning),
        "i" => Some(Severity::Info),
        _ => None,
    }
}

/// FNV-1a, 32 bits: the same across replicas and releases.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_none_are_refused_with_what_to_do() {
        for bad in ["", "s1", "s2000000000", "s1zzzzzzzzzz", "s10065a0b0c0c12", "s10065a0b0c0x00000000", "s1é"] {
            let error = Seen::parse(bad).unwrap_err().to_string();
            assert!(error.contains("since") && error.contains("leave it out"), "{bad}: {error}");
        }
        let seen = Seen::parse("s10065a0b0c0c0000000aw0000000b+").unwrap();
        let incidents = vec![(10, Severity::Critical), (11, Severity::Warning)];
        assert_eq!(seen, Seen { at: 0x65a0_b0c0, incidents, overflowed: true });
    }
}
