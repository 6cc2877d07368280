//! Waiting for something to become true, with the last reason why it was not.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

const PAUSE: Duration = Duration::from_millis(100);

/// Tries until it succeeds, and says how long that took; after `limit` gives the last error.
pub async fn until<T, F, Fut>(limit: Duration, what: &str, mut attempt: F) -> Result<(T, Duration)>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let start = Instant::now();
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok((value, start.elapsed())),
            Err(error) => error,
        };
        if start.elapsed() > limit {
            return Err(error).with_context(|| format!("not within {limit:?}: {what}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
