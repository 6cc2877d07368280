//! Variables that the server's predecessor read and this version does not: named at start rather than ignored.

use std::env;
use std::ffi::OsStr;

const NAMES: [&str; 5] =
    ["ANOMALY_THRESHOLD", "CACHE_TTL", "KSERVE_NAMESPACE", "MAX_CONCURRENT_TOOLS", "MCP_SERVER_VERSION"];

/// Those of them that are set in this process's environment.
pub fn named() -> Vec<&'static str> {
    select(|name| env::var_os(name).is_some_and(|value| value != OsStr::new("")))
}

fn select(is_set: impl Fn(&str) -> bool) -> Vec<&'static str> {
    NAMES.into_iter().filter(|name| is_set(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_set_ones_are_named() {
        assert_eq!(select(|name| name.starts_with("KSERVE_N") || name == "PATH"), ["KSERVE_NAMESPACE"]);
    }
}
