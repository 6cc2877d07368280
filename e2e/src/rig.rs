//! A running control plane with a small, healthy OpenShift-like cluster in it, and servers that look at it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster_health::model::Kind;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::Api;
use crate::binaries::Binaries;
use crate::compare;
use crate::control_plane::{ControlPlane, SERVER_TOKEN, SERVER_USER, commands};
use crate::kubelet::{self, Kubelet};
use crate::mcp::Said;
use crate::objects;
use crate::proxy::Proxy;
use crate::server::{Clock, Opening, Server};
use crate::wait;

pub const ACCOUNT: &str = "mcp-server";
pub const NAMESPACE: &str = "cluster-health";
/// A namespace with a Deployment that is well.
pub const SHOP: &str = "shop";

const SETTLE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Rig {
    pub plane: ControlPlane,
    pub lanes: Vec<Lane>,
    pub binaries: Binaries,
    folder: TempDir,
    _kubelet: Kubelet,
}

/// A server with a proxy of its own in front of the API.
#[derive(Debug)]
pub struct Lane {
    pub api: Api,
    pub proxy: Proxy,
    pub server: Server,
    pub kubeconfig: PathBuf,
}

impl Rig {
    /// With as many lanes; every server has synced when this returns.
    pub async fn start(binaries: &Binaries, lanes: usize) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("e2e-").tempdir()?;
        let plane = ControlPlane::start(binaries, folder.path()).await?;
        let kubelet = Kubelet::start(plane.api.clone());
        furnish(&plane.api).await.context("fill the cluster")?;
        let mut rig = Self { plane, lanes: Vec::new(), binaries: binaries.clone(), folder, _kubelet: kubelet };
        for number in 0..lanes {
            let proxy = Proxy::start(rig.plane.api_port, &rig.plane.certificates).await?;
            // The first as a pod would, the others with an identity that outlives the cluster's data
            let token = if number == 0 { token(&rig.plane.api).await? } else { SERVER_TOKEN.to_owned() };
            let clock = if number == 0 { Clock::Ahead } else { Clock::Right };
            let name = format!("mcp-server-{number}");
            let kubeconfig = rig.kubeconfig(&proxy, &token);
            let lane = rig.open(proxy, Opening { clock, ..Opening::new(&name, kubeconfig) }).await?;
            rig.lanes.push(lane);
        }
        for lane in &rig.lanes {
            lane.server.ready(SETTLE).await.with_context(|| lane.server.log_tail())?;
        }
        Ok(rig)
    }

    /// A way of its own to the API.
    pub async fn proxy(&self) -> Result<Proxy> {
        Proxy::start(self.plane.api_port, &self.plane.certificates).await
    }

    /// Leads through a proxy, with a token.
    pub fn kubeconfig(&self, proxy: &Proxy, token: &str) -> String {
        commands::kubeconfig(&proxy.address(), &self.plane.certificates.ca, token)
    }

    /// A server behind a proxy, which may not have synced yet.
    pub async fn open(&self, proxy: Proxy, opening: Opening<'_>) -> Result<Lane> {
        let kubeconfig = self.folder.path().join(format!("{}.kubeconfig", opening.name));
        std::fs::write(&kubeconfig, &opening.kubeconfig).context("write a kubeconfig")?;
        let server = Server::start(&self.binaries.server, self.folder.path(), &kubeconfig, &opening).await?;
        Ok(Lane { api: self.plane.api.clone(), proxy, server, kubeconfig })
    }

    /// Gives the server's account a new identity, with which its old token no longer counts.
    pub async fn renew_account(&self) -> Result<()> {
        renew_account_of(&self.plane.api, ACCOUNT).await.map(drop)
    }

    /// Writes a new token of the account to where a server finds it.
    pub async fn hand_out_token(&self, lane: &Lane) -> Result<()> {
        let token = token(&self.plane.api).await?;
        std::fs::write(&lane.kubeconfig, self.kubeconfig(&lane.proxy, &token)).context("write a kubeconfig")
    }

    pub fn api(&self) -> &Api {
        &self.plane.api
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the logs where they are, for a look.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

impl Lane {
    pub async fn health(&self) -> Result<Said> {
        let said = self.server.mcp.call("get-cluster-health", json!({})).await?;
        ensure!(!said.structured.is_null() || said.is_error, "no answer: {}", said.text);
        Ok(said)
    }

    pub async fn inspect(&self, kind: Kind, namespace: &str, name: &str) -> Result<Said> {
        let mut arguments = json!({"kind": kind.name(), "name": name});
        if !namespace.is_empty() {
            arguments["namespace"] = json!(namespace);
        }
        self.server.mcp.call("inspect-object", arguments).await
    }

    /// Waits for a finding of `check` about the object, and gives it.
    pub async fn finding(&self, check: &str, name: &str, limit: Duration) -> Result<Value> {
        let (finding, _) = wait::until(limit, &format!("{check} about {name}"), async || {
            let said = self.server.mcp.call("list-findings", json!({"check": check})).await?;
            let none = Vec::new();
            let findings = said.structured["findings"].as_array().unwrap_or(&none);
            let found = findings.iter().find(|finding| finding["object"]["name"] == name);
            found.cloned().with_context(|| format!("the server says: {}", said.text))
        })
        .await?;
        Ok(finding)
    }

    /// Waits until the model equals a fresh list.
    pub async fn equal(&self, limit: Duration) -> Result<(usize, Duration)> {
        compare::until_equal(&self.api, &self.server.mcp, limit)
            .await
            .with_context(|| format!("last lines of the server:\n{}", self.server.log_tail()))
    }
}

/// A cluster in which nothing is wrong.
pub async fn furnish(api: &Api) -> Result<()> {
    let hour_ago = kubelet::ago(Duration::from_secs(3600));
    for kind in objects::added_kinds() {
        define(api, kind).await?;
    }
    for (name, role) in [
        ("master-0", "master"),
        ("master-1", "master"),
        ("master-2", "master"),
        ("worker-0", "worker"),
        ("worker-1", "worker"),
    ] {
        api.create(&objects::collection(Kind::Node, ""), &objects::node(name, role)).await?;
        api.set_status(&objects::path(Kind::Node, "", name), &objects::node_status(true, &hour_ago)).await?;
    }
    for kind in objects::added_kinds() {
        served(api, kind).await?;
    }
    api.create(&objects::collection(Kind::ClusterVersion, ""), &objects::cluster_version()).await?;
    let version = objects::path(Kind::ClusterVersion, "", "version");
    api.set_status(&version, &objects::version_status(&hour_ago)).await?;
    for name in ["dns", "ingress", "network"] {
        api.create(&objects::collection(Kind::ClusterOperator, ""), &objects::cluster_operator(name)).await?;
        let operator = objects::path(Kind::ClusterOperator, "", name);
        api.set_status(&operator, &objects::operator_status(false, &hour_ago)).await?;
    }
    grant(api).await?;
    namespace(api, SHOP).await?;
    api.create(
        &objects::collection(Kind::Deployment, SHOP),
        &objects::deployment(SHOP, "web", 3, objects::image::WELL),
    )
    .await?;
    Ok(())
}

pub async fn define(api: &Api, kind: Kind) -> Result<()> {
    let definition = objects::definition(kind);
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await.map(drop)
}

/// Waits until objects of a kind that was just defined can be listed.
pub async fn served(api: &Api, kind: Kind) -> Result<()> {
    let path = objects::collection(kind, "");
    wait::until(Duration::from_secs(20), &path, async || api.read(&path).await.map(drop)).await.map(drop)
}

/// Makes a namespace in which pods can be made.
pub async fn namespace(api: &Api, name: &str) -> Result<()> {
    api.create(&objects::collection(Kind::Namespace, ""), &objects::namespace(name)).await?;
    let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
    wait::until(Duration::from_secs(20), &account, async || api.read(&account).await.map(drop)).await.map(drop)
}

/// The rights the server asks for.
pub fn rules() -> Value {
    let rule = |kind: Kind| json!({"apiGroups": [kind.group()], "resources": [kind.plural()], "verbs": ["get", "list", "watch"]});
    Kind::served().map(rule).collect()
}

/// A ServiceAccount that may do `verbs` with every kind, in one namespace or in all; gives its token.
pub async fn account_with(api: &Api, name: &str, verbs: &[&str], within: Option<&str>) -> Result<String> {
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    api.create(&format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts"), &account(name)).await?;
    let mut rules = rules();
    for rule in rules.as_array_mut().into_iter().flatten() {
        rule["verbs"] = json!(verbs);
    }
    api.create(&format!("{rbac}/clusterroles"), &json!({"metadata": {"name": name}, "rules": rules})).await?;
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
    });
    let path = match within {
        Some(namespace) => format!("{rbac}/namespaces/{namespace}/rolebindings"),
        None => format!("{rbac}/clusterrolebindings"),
    };
    api.create(&path, &binding).await?;
    token_of(api, NAMESPACE, name, &[]).await
}

/// Makes an account anew, so that its tokens no longer count; gives one that does.
pub async fn renew_account_of(api: &Api, name: &str) -> Result<String> {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts");
    api.delete(&format!("{path}/{name}")).await?;
    api.create(&path, &account(name)).await?;
    token_of(api, NAMESPACE, name, &[]).await
}

async fn grant(api: &Api) -> Result<()> {
    namespace(api, NAMESPACE).await?;
    api.create(&format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts"), &account(ACCOUNT)).await?;
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let role = json!({"metadata": {"name": ACCOUNT}, "rules": rules()});
    api.create(&format!("{rbac}/clusterroles"), &role).await?;
    let binding = json!({
        "metadata": {"name": ACCOUNT},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ACCOUNT},
        "subjects": [
            {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE},
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": SERVER_USER},
        ],
    });
    api.create(&format!("{rbac}/clusterrolebindings"), &binding).await.map(drop)
}

fn account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
}

/// As a pod of the server would get it.
async fn token(api: &Api) -> Result<String> {
    token_of(api, NAMESPACE, ACCOUNT, &[]).await
}

/// Of a ServiceAccount, for the API server when no audience is named.
pub async fn token_of(api: &Api, namespace: &str, account: &str, audiences: &[&str]) -> Result<String> {
    let spec = json!({"expirationSeconds": 86400, "audiences": audiences});
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let answer = api.create(&path, &request).await?;
    Ok(answer["status"]["token"].as_str().context("a token")?.to_owned())
}
