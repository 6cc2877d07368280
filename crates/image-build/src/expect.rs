//! The expectations, `images/<name>.expect.toml`: what must be true of an image, whoever made it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::platform::Architecture;
use crate::toml_file::{self, TomlFileError};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectations {
    pub size: Size,
    pub run: Run,
    pub config: Config,
    pub binary: Binary,
    pub files: Files,
    pub index: Index,
    pub debug: Debug,
}

/// Largest sizes, in bytes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// All layers as they are transferred.
    pub compressed: u64,
    /// All layers' tars.
    pub uncompressed: u64,
    pub binary: u64,
    /// Each layer as it is transferred, lowest first.
    pub layers: Vec<u64>,
}

/// Of the server when it is run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Run {
    /// Longest time from exec to an answer on /health, in milliseconds; of several starts the fastest counts.
    pub health_ms: f64,
    /// Longest time from exec until the embedded demo cluster is assessed.
    pub ready_ms: f64,
    /// Most memory at rest without a cluster, in bytes.
    pub memory: u64,
    /// The same with the embedded demo cluster.
    pub memory_demo: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    pub user: String,
    pub working_dir: String,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub exposed_ports: Vec<String>,
    pub stop_signal: String,
    /// All of them.
    pub env: BTreeMap<String, String>,
    /// Names of labels that must be there and say something.
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    pub path: String,
    /// Architectures whose binary is loaded at a random address.
    pub pie: Vec<Architecture>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The only files that may be executable.
    pub executables: Vec<String>,
    pub absent: Vec<String>,
    pub present: Vec<Present>,
}

/// A file, folder or link that must be there, with what is said about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Present {
    pub path: String,
    /// Octal.
    pub mode: Option<String>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    /// Where a symbolic link leads.
    pub link: Option<String>,
    /// A part of the content.
    pub contains: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Of an image for several architectures.
    pub architectures: Vec<Architecture>,
}

/// What is said about the debug variant instead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debug {
    pub compressed: u64,
    pub uncompressed: u64,
    pub layers: Vec<u64>,
    pub entrypoint: Vec<String>,
    pub path: String,
    pub executables: Vec<String>,
    /// May be there although `files.absent` names them.
    #[serde(default)]
    pub present: Vec<Present>,
}

impl Expectations {
    pub fn load(path: &Path) -> Result<Self, TomlFileError> {
        toml_file::load("the list of expectations", path)
    }

    /// What holds for the debug variant.
    pub fn for_debug(mut self) -> Self {
        let Debug { compressed, uncompressed, layers, entrypoint, path, executables, present } = self.debug.clone();
        self.size = Size { compressed, uncompressed, layers, binary: self.size.binary };
        self.config.entrypoint = entrypoint;
        self.config.env.insert("PATH".to_owned(), path);
        self.files.executables = executables;
        self.files.present.extend(present);
        self
    }
}
