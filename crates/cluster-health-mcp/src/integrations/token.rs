//! The token that is shown, as the file has it now: tokens of service accounts change every hour.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::header::HeaderValue;
use tokio::time::Instant;

/// Read anew after this time.
const KEPT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Token {
    path: PathBuf,
    kept: Mutex<Option<(Instant, HeaderValue)>>,
}

impl Token {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path, kept: Mutex::default() }
    }

    /// The value of `Authorization`, never shown in logs.
    pub(super) fn header(&self) -> io::Result<HeaderValue> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, header)) = &*kept
            && read.elapsed() < KEPT
        {
            return Ok(header.clone());
        }
        // A few hundred bytes, mostly from memory
        let text = std::fs::read_to_string(&self.path)?;
        let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not one line of plain text");
        let mut header = HeaderValue::from_str(&format!("Bearer {}", text.trim())).map_err(wrong)?;
        header.set_sensitive(true);
        *kept = Some((Instant::now(), header.clone()));
        Ok(header)
    }

    /// It was refused: the file may have a newer one.
    pub(super) fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
