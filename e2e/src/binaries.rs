//! Where the programs come from: `KUBEBUILDER_ASSETS` when it is set, else a build of the Go modules. `ETCD` names another
//! etcd, such as one that is too old to stream lists.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const ETCD: &str = "etcd";
const KUBERNETES: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

#[derive(Debug, Clone)]
pub struct Binaries {
    pub etcd: PathBuf,
    /// Holds the three programs of Kubernetes.
    pub kubernetes: PathBuf,
    pub server: PathBuf,
}

impl Binaries {
    /// `version` is what `e2e/kubernetes/build` takes; `server` the `mcp-server` to look at.
    pub fn find(version: &str, server: &Path) -> Result<Self> {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").filter(|value| !value.is_empty()).map(PathBuf::from);
        let kubernetes = match assets {
            Some(folder) => folder,
            None => build(version)?,
        };
        for name in KUBERNETES {
            ensure!(kubernetes.join(name).is_file(), "{} is missing in {}", name, kubernetes.display());
        }
        let named = std::env::var_os("ETCD").filter(|value| !value.is_empty()).map(PathBuf::from);
        let etcd = named.unwrap_or_else(|| kubernetes.join(ETCD));
        ensure!(etcd.is_file(), "{} is missing; ETCD may name another", etcd.display());
        ensure!(server.is_file(), "{} is missing: cargo build --bin mcp-server", server.display());
        Ok(Self { etcd, kubernetes, server: server.to_owned() })
    }
}

fn build(version: &str) -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("kubernetes/build");
    let output = Command::new(&script).arg(version).stderr(std::process::Stdio::inherit()).output();
    let output = output.with_context(|| format!("run {}", script.display()))?;
    if !output.status.success() {
        bail!("{} {version} failed with {}", script.display(), output.status);
    }
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
