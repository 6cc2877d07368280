//! Log lines: to standard error only, since standard output carries the protocol or the report.

use std::io::{self, Write};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};

use crate::args::{LogFormat, LogLevel};
use crate::outgoing;

/// Starts logging for the whole process; it can be done once.
pub fn start(level: LogLevel, format: LogFormat) -> Result<(), TryInitError> {
    let lines = match format {
        LogFormat::Json => {
            fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(|| Lines(outgoing::json)).boxed()
        }
        LogFormat::Text => fmt::layer().with_ansi(false).with_writer(|| Lines(outgoing::text)).boxed(),
    };
    tracing_subscriber::registry().with(lines).with(targets(level)).try_init()?;
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, "panic: {}", panic.payload_as_str().unwrap_or("no reason given"));
    }));
    Ok(())
}

/// Standard error, without secrets. A line comes in one piece.
struct Lines(fn(String) -> String);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let clean = (self.0)(String::from_utf8_lossy(line).into_owned());
        io::stderr().write_all(clean.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Libraries speak about every request and every caller's mistake, which our own request line already covers.
fn targets(level: LogLevel) -> Targets {
    let own = LevelFilter::from_level(level.into());
    let libraries = match level {
        LogLevel::Trace | LogLevel::Debug => own,
        _ => own.min(LevelFilter::ERROR),
    };
    // The source itself says what it could not get
    let client = if libraries == own { own } else { LevelFilter::OFF };
    let targets = Targets::new().with_default(own).with_target("rmcp", libraries).with_target("hyper", libraries);
    ["hyper_util", "kube", "kube_client", "rustls", "tower"]
        .iter()
        .fold(targets, |targets, library| targets.with_target(*library, client))
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Trace => Self::TRACE,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Info => Self::INFO,
            LogLevel::Warn => Self::WARN,
            LogLevel::Error => Self::ERROR,
        }
    }
}
