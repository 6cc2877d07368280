//! Whatever answers a caller ends in time, and a panic ends that answer and not the server.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use rmcp::ErrorData;

use super::error::{ResourceError, ToolError};

/// Why there is no answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    Panicked,
    TooLong(Duration),
}

pub(super) async fn bounded<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T, Ended> {
    match tokio::time::timeout(limit, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(answered) => answered.map_err(|_| Ended::Panicked),
        Err(_) => Err(Ended::TooLong(limit)),
    }
}

const PANICKED: &str = "it panicked";

impl From<Ended> for ToolError {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Panicked => Self::internal(PANICKED),
            Ended::TooLong(limit) => Self::TooLong(limit),
        }
    }
}

impl From<Ended> for ResourceError {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Panicked => Self::Internal(PANICKED.into()),
            Ended::TooLong(limit) => Self::TooLong(limit),
        }
    }
}

impl From<Ended> for ErrorData {
    fn from(ended: Ended) -> Self {
        Self::internal_error(ToolError::from(ended).to_string(), None)
    }
}
