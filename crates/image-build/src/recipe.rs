//! The recipe, `images/<name>.toml`: what goes into an image, as people write it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Architecture;
use crate::toml_file::{self, TomlFileError};

/// Everything about an image except versions (the lock has those) and the binary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Last part of the image's name; the lock and the expectations are called after it.
    pub name: String,
    /// Where it is published, without a tag.
    pub repository: String,
    pub architectures: Vec<Architecture>,
    pub debian: Debian,
    pub rootfs: Rootfs,
    pub binary: Binary,
    pub config: Config,
    pub debug: Debug,
}

/// Which packages, and from where. The lock is stale when this part changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Debian {
    /// What archives' paths are below of, without a slash at the end.
    pub mirror: String,
    /// Where superseded packages can still be had, laid out as snapshot.debian.org.
    pub snapshot: String,
    /// The keys its releases are signed with, a file beside the recipe.
    pub keyring: PathBuf,
    /// Earlier archives win where versions are equal.
    pub archives: Vec<Archive>,
    pub component: String,
    pub packages: Vec<String>,
    /// Only in the debug variant.
    pub debug_packages: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Archive {
    /// Below the mirror, such as `debian-security`.
    pub path: String,
    pub suite: String,
    /// A newer version here is a security update.
    #[serde(default)]
    pub security: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rootfs {
    /// Patterns of packaged files that stay out; `rootfs::Pattern` says how they are written.
    pub leave_out: Vec<String>,
    /// Patterns that win over `leave_out`.
    #[serde(default)]
    pub keep: Vec<String>,
    /// The file all certificates of ca-certificates are joined in.
    pub certificates: String,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub folders: Vec<Folder>,
    pub files: Vec<File>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub name: String,
    pub gid: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    pub path: String,
    /// Octal, such as `1777`.
    pub mode: String,
    #[serde(default)]
    pub uid: u32,
    #[serde(default)]
    pub gid: u32,
}

/// A file made by the recipe itself, readable by all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub path: String,
    pub content: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// Where the server lies in the image.
    pub path: String,
    /// Files of the repository that go beside it: from, to.
    #[serde(default)]
    pub beside: BTreeMap<String, String>,
}

/// The image's configuration, in OCI's terms.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// A number, so that `runAsNonRoot` can be checked.
    pub user: String,
    pub working_dir: String,
    pub entrypoint: Vec<String>,
    #[serde(default)]
    pub cmd: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub exposed_ports: Vec<String>,
    pub stop_signal: String,
    /// Without those that `build` knows: created, revision, version, base.
    pub labels: BTreeMap<String, String>,
}

/// How the debug variant differs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Debug {
    /// Appended to tags.
    pub tag_suffix: String,
    /// Where the shell and its applets lie.
    pub folder: String,
    pub entrypoint: Vec<String>,
}

impl Recipe {
    pub fn load(path: &Path) -> Result<Self, TomlFileError> {
        toml_file::load("the recipe", path)
    }

    /// Of what decides which packages are locked; a mirror may move without a new lock.
    pub fn checksum(&self) -> Digest {
        let Debian { mirror: _, snapshot: _, keyring: _, archives, component, packages, debug_packages } = &self.debian;
        let deciding = serde_json::json!([self.architectures, archives, component, packages, debug_packages]);
        Digest::of(deciding.to_string().as_bytes())
    }

    /// `images/<name>.lock.json` for `images/<name>.toml`.
    pub fn lock_path(recipe: &Path) -> PathBuf {
        recipe.with_extension("lock.json")
    }

    /// `images/<name>.expect.toml` for `images/<name>.toml`.
    pub fn expectations_path(recipe: &Path) -> PathBuf {
        recipe.with_extension("expect.toml")
    }
}

impl Debian {
    pub fn all_packages(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().chain(&self.debug_packages).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Recipe {
        Recipe::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../images/cluster-health-mcp.toml")).unwrap()
    }

    #[test]
    fn a_mirror_may_move_and_packages_may_not_without_a_new_lock() {
        let mut recipe = ours();
        let before = recipe.checksum();
        recipe.debian.mirror = "http://mirror.example".to_owned();
        assert_eq!(recipe.checksum(), before);
        recipe.debian.packages.push("bash".to_owned());
        assert_ne!(recipe.checksum(), before);
    }

    #[test]
    fn the_image_runs_as_a_number_from_the_root_folder() {
        let config = ours().config;
        assert!(config.user.parse::<u32>().is_ok_and(|uid| uid != 0));
        // A random user may not enter the home folder, and some runtimes then refuse to start
        assert_eq!(config.working_dir, "/");
    }
}
