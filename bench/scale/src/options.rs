//! The command line: a command, then `--name value` pairs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

pub(crate) struct Options {
    pub(crate) command: String,
    given: BTreeMap<String, String>,
}

impl Options {
    pub(crate) fn new(mut arguments: impl Iterator<Item = String>) -> Self {
        let command = arguments.next().unwrap_or_default();
        let mut given = BTreeMap::new();
        while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
            given.insert(name.trim_start_matches("--").to_owned(), value);
        }
        Self { command, given }
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        match self.given.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("--{name} {text}: not a number")),
        }
    }

    pub(crate) fn server(&self) -> PathBuf {
        self.path("server").unwrap_or_else(|| "target/release/mcp-server".into())
    }

    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.given.get(name).map(PathBuf::from)
    }
}
