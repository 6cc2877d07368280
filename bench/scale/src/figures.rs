//! One figure a file.

pub(crate) mod compare;
pub(crate) mod health;
pub(crate) mod rest;
pub(crate) mod serve;
pub(crate) mod start;
pub(crate) mod steady;
pub(crate) mod sync;

use std::time::Duration;

use scale::Asked;

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn print_asked(asked: &Asked) {
    println!(
        "  {} requests over {} connections, {:.1} MB",
        asked.requests(),
        asked.connections,
        asked.bytes() as f64 / 1e6
    );
    for (sort, count) in &asked.by_sort {
        println!("    {:>4} x {sort}, {:.1} kB", count.requests, count.bytes as f64 / 1e3);
    }
}
