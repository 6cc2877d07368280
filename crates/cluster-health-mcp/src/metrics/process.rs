//! Figures of this process under the names every dashboard knows (`process_…`), read from `/proc` where there is one.

use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Linux counts processor time in hundredths of a second for user space on every architecture we ship.
const TICKS_PER_SECOND: f64 = 100.0;

static STARTED: LazyLock<SystemTime> = LazyLock::new(SystemTime::now);

/// Remembers when the process started; called first thing.
pub fn mark_start() {
    LazyLock::force(&STARTED);
}

pub(super) fn register(registry: &mut Registry) {
    let started: Gauge<f64, AtomicU64> = Gauge::default();
    started.set(super::unix_seconds(*STARTED));
    registry.register("process_start_time_seconds", "When the process started, in seconds since 1970", started);
    if let Some(bytes) = resident_bytes() {
        let gauge: Gauge = Gauge::default();
        gauge.set(bytes);
        registry.register("process_resident_memory_bytes", "Resident memory", gauge);
    }
    if let Some(seconds) = cpu_seconds() {
        let counter: Counter<f64, AtomicU64> = Counter::default();
        counter.inc_by(seconds);
        registry.register("process_cpu_seconds", "Processor time used, user and system", counter);
    }
    if let Some(count) = open_descriptors() {
        let gauge: Gauge = Gauge::default();
        gauge.set(count);
        registry.register("process_open_fds", "Open file descriptors", gauge);
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn cpu_seconds() -> Option<f64> {
    cpu_seconds_of(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Fields are counted after the command's closing parenthesis, as the command may contain spaces.
fn cpu_seconds_of(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn open_descriptors() -> Option<i64> {
    // One of them is the folder being read
    let count = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    i64::try_from(count).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_processor_time_past_an_odd_command_name() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 1000 1 1";
        assert_eq!(cpu_seconds_of(stat), Some(2.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn reads_this_process() {
        assert!(resident_bytes().unwrap() > 100_000);
        assert!(cpu_seconds().is_some());
        assert!(open_descriptors().unwrap() >= 3);
    }
}
