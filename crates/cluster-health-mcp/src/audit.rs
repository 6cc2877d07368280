//! Who asked what, and how it ended: one JSON line each, apart from the log, in which levels and formats may change.
//!
//! Arguments are written without what looks like a secret, and cut. Answers are not written.

use std::fs::File;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cluster_health::redact::redact;
use serde::Serialize;

use crate::callers::Caller;
use crate::http::RequestId;
use crate::metrics::Outcome;
use crate::outgoing;
use crate::spans::Spans;

/// Enough for every argument of ours.
const LONGEST_ARGUMENTS: usize = 1000;

/// Where the lines go. Cheap to clone.
#[derive(Clone, Default)]
pub struct Audit {
    to: Option<Arc<Mutex<Box<dyn Write + Send>>>>,
    /// Calls are told here as well.
    spans: Option<Spans>,
}

/// One line. Fields that do not apply are left out.
#[derive(Debug, Default, Serialize)]
pub struct Line<'a> {
    /// `call` or `refused`; of remediation `asked`, `confirmed` or `acted`.
    pub event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub groups: &'a [String],
    /// The proxy that said so, by the name in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouched_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
    /// Of the caller's trace, as W3C trace context gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    /// Tool, or address of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    pub outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
}

#[derive(Serialize)]
struct Written<'a> {
    time: String,
    /// Tells these lines from those of the log.
    audit: &'a Line<'a>,
}

impl Audit {
    pub fn off() -> Self {
        Self::default()
    }

    pub fn stderr() -> Self {
        Self::to(io::stderr())
    }

    /// Appends.
    pub fn file(path: &Path) -> io::Result<Self> {
        Ok(Self::to(File::options().create(true).append(true).open(path)?))
    }

    pub fn to(destination: impl Write + Send + 'static) -> Self {
        Self { to: Some(Arc::new(Mutex::new(Box::new(destination)))), spans: None }
    }

    /// The same, and a span for each call.
    #[must_use]
    pub fn with_spans(self, spans: Spans) -> Self {
        Self { spans: Some(spans), ..self }
    }

    pub(crate) fn spans(&self) -> Option<&Spans> {
        self.spans.as_ref()
    }

    pub fn is_on(&self) -> bool {
        self.to.is_some() || self.spans.is_some()
    }

    pub fn write(&self, line: &Line<'_>) {
        let Some(to) = &self.to else { return };
        let now = jiff::Timestamp::now();
        let written = Written { time: format!("{now:.3}"), audit: line };
        // Nothing in it has a key that is not a string, which is all that can fail
        let written = serde_json::to_string(&written).map(outgoing::json).unwrap_or_default() + "\n";
        let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = to.write_all(written.as_bytes()) {
            tracing::error!(%error, "the audit log cannot be written");
        }
    }

    /// A request that was not let in.
    pub(crate) fn refused(&self, from: IpAddr, status: u16, id: Option<&RequestId>) {
        let request_id = id.map(RequestId::as_str);
        let status = Some(status);
        self.write(&Line {
            event: "refused",
            from: Some(from),
            request_id,
            outcome: "refused",
            status,
            ..Line::default()
        });
    }
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("on", &self.is_on()).finish()
    }
}

impl<'a> Line<'a> {
    pub fn by(caller: &'a Caller) -> Self {
        let (who, vouched_by) = (caller.who(), caller.vouched_by());
        Self { who: Some(&who.user), groups: &who.groups, vouched_by, ..Self::default() }
    }
}

/// Arguments as they may be written.
pub fn redacted(arguments: &str) -> String {
    let text = redact(arguments);
    match text.char_indices().nth(LONGEST_ARGUMENTS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// Carries how a call ended from the tool, which knows, to where the line is written.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    outcome: Arc<AtomicU8>,
}

impl Trail {
    pub fn ended(&self, outcome: Outcome) {
        self.outcome.store(outcome as u8 + 1, Ordering::Relaxed);
    }

    /// A tool was reached, so its name is one of ours.
    pub fn is_of_a_tool(&self) -> bool {
        self.outcome.load(Ordering::Relaxed) != 0
    }

    /// In a word; for what ended before any tool was reached, `refused`.
    pub fn outcome(&self, succeeded: bool) -> &'static str {
        match self.outcome.load(Ordering::Relaxed) {
            0 if succeeded => Outcome::Answered.as_str(),
            0 => Outcome::Refused.as_str(),
            1 => Outcome::Answered.as_str(),
            2 => Outcome::Refused.as_str(),
            _ => Outcome::Failed.as_str(),
        }
    }
}

/// Microseconds, as log lines have them.
pub(crate) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Sink {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Sink;
    use super::*;

    #[test]
    fn a_line_is_json_and_tells_no_secret() {
        let sink = Sink::default();
        let caller = Caller::local();
        let arguments = Some(redacted(r#"{"name":"x","note":"password=hunter2 line\nbreak"}"#));
        Audit::to(sink.clone()).write(&Line { event: "call", outcome: "answered", arguments, ..Line::by(&caller) });
        let text = sink.text();
        assert_eq!(text.matches('\n').count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["audit"]["who"], &line["audit"]["outcome"]), (&"local".into(), &"answered".into()));
        assert!(!text.contains("hunter2") && line["time"].as_str().unwrap().ends_with('Z'), "{text}");
        assert!(line["audit"].get("status").is_none());
    }

    #[test]
    fn long_arguments_are_cut() {
        assert!(redacted(&"é".repeat(5000)).chars().count() <= LONGEST_ARGUMENTS + 1);
    }
}
