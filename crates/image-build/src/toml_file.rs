//! Reads the files that people write in TOML: the recipe, the expectations, the allowed findings.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

#[derive(Debug, thiserror::Error)]
pub enum TomlFileError {
    #[error("{what} {path} cannot be read")]
    Read { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{what} {path} is not understood")]
    Parse { what: &'static str, path: PathBuf, source: Box<toml::de::Error> },
}

/// `what` names the file in errors: "the recipe".
pub(crate) fn load<T: DeserializeOwned>(what: &'static str, path: &Path) -> Result<T, TomlFileError> {
    let text =
        fs::read_to_string(path).map_err(|source| TomlFileError::Read { what, path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| TomlFileError::Parse {
        what,
        path: path.to_owned(),
        source: Box::new(source),
    })
}
