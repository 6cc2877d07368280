//! The command lines of the control plane, and the files they need.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::process::Command;

use super::{ADMIN_TOKEN, ControlPlane, SERVER_TOKEN, SERVER_USER};

/// A whole day: nodes written by hand send no heartbeats, and nothing may come of that.
const PATIENCE: &str = "24h";

pub(super) fn write_tokens(folder: &Path) -> Result<()> {
    let text =
        format!("{ADMIN_TOKEN},rig-admin,rig-admin,system:masters\n{SERVER_TOKEN},{SERVER_USER},{SERVER_USER}\n");
    std::fs::write(folder.join("tokens.csv"), text).context("write tokens.csv")
}

pub(super) fn write_kubeconfig(plane: &ControlPlane, path: &Path) -> Result<()> {
    let text = kubeconfig(&format!("https://127.0.0.1:{}", plane.api_port), &plane.certificates.ca, ADMIN_TOKEN);
    std::fs::write(path, text).context("write a kubeconfig")
}

/// JSON, which is YAML too.
pub fn kubeconfig(server: &str, ca: &Path, token: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rig", "cluster": {"server": server, "certificate-authority": ca}}],
        "users": [{"name": "rig", "user": {"token": token}}],
        "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": "rig"}}],
        "current-context": "rig"
    })
    .to_string()
}

fn flag(name: &str, value: impl AsRef<std::ffi::OsStr>) -> std::ffi::OsString {
    let mut flag = std::ffi::OsString::from(format!("--{name}="));
    flag.push(value);
    flag
}

pub(super) fn etcd(plane: &ControlPlane) -> Command {
    let (client, peer) =
        (format!("http://127.0.0.1:{}", plane.ports.etcd), format!("http://127.0.0.1:{}", plane.ports.etcd_peer));
    let mut command = Command::new(&plane.binaries.etcd);
    command
        .arg(flag("data-dir", plane.folder.join("etcd")))
        .arg(flag("listen-client-urls", &client))
        .arg(flag("advertise-client-urls", &client))
        .arg(flag("listen-peer-urls", &peer))
        .arg(flag("initial-advertise-peer-urls", &peer))
        .arg(flag("initial-cluster", format!("default={peer}")))
        // A lost cluster costs nothing here, and syncing the disk costs most of a write
        .arg("--unsafe-no-fsync");
    command
}

pub(super) fn api_server(plane: &ControlPlane) -> Command {
    let certificates = &plane.certificates;
    let mut command = Command::new(plane.binaries.kubernetes.join("kube-apiserver"));
    command
        .arg(flag("etcd-servers", format!("http://127.0.0.1:{}", plane.ports.etcd)))
        .arg(flag("secure-port", plane.api_port.to_string()))
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none"])
        .args(["--authorization-mode=Node,RBAC", "--service-cluster-ip-range=10.96.0.0/16"])
        // Nodes are written by hand, and ready from the start
        .args(["--disable-admission-plugins=TaintNodesByCondition", "--event-ttl=24h"])
        .arg(flag("token-auth-file", plane.folder.join("tokens.csv")))
        .arg(flag("tls-cert-file", &certificates.server))
        .arg(flag("tls-private-key-file", &certificates.server_key))
        .arg("--service-account-issuer=https://kubernetes.default.svc")
        .arg(flag("service-account-key-file", &certificates.accounts_public))
        .arg(flag("service-account-signing-key-file", &certificates.accounts_key))
        // A killed API server leaves nothing to wait for
        .arg("--shutdown-delay-duration=0s");
    command
}

pub(super) fn controller_manager(plane: &ControlPlane) -> Command {
    let mut command = Command::new(plane.binaries.kubernetes.join("kube-controller-manager"));
    command
        .arg(flag("kubeconfig", plane.folder.join("admin.kubeconfig")))
        .arg(flag("secure-port", plane.ports.controller_manager.to_string()))
        .args(["--bind-address=127.0.0.1", "--leader-elect=false"])
        .arg(flag("node-monitor-grace-period", PATIENCE))
        .arg(flag("node-startup-grace-period", PATIENCE))
        .arg(flag("service-account-private-key-file", &plane.certificates.accounts_key))
        .arg(flag("root-ca-file", &plane.certificates.ca));
    command
}

pub(super) fn scheduler(plane: &ControlPlane) -> Command {
    let mut command = Command::new(plane.binaries.kubernetes.join("kube-scheduler"));
    command
        .arg(flag("kubeconfig", plane.folder.join("admin.kubeconfig")))
        .arg(flag("secure-port", plane.ports.scheduler.to_string()))
        .args(["--bind-address=127.0.0.1", "--leader-elect=false"]);
    command
}
