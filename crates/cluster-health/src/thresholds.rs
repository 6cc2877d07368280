//! Every number a check compares with, and why it is that number.

use std::time::Duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3600)
}

/// Two clocks and a controller's delay: an onset this much later than its symptom may still be its cause.
pub const ONSET_GRACE: Duration = minutes(5);

/// How long after a container's end it still counts as trouble rather than history.
pub const RECENT_EXIT: Duration = hours(1);

/// Image pulls and missing configuration resolve themselves within this time or not at all.
pub const POD_START_HOLD: Duration = minutes(5);

/// Volumes attach and sandboxes start within this time on a slow cluster.
pub const POD_CREATING_HOLD: Duration = minutes(10);

/// The alerts on pods and workloads that are not ready wait this long.
pub const NOT_READY_HOLD: Duration = minutes(15);
