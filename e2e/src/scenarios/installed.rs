//! What is deployed, on a real API server with Pod Security `restricted` enforced: every object is accepted, the account has
//! the rights that docs/rbac.md lists and no others, and with them the server sees everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};

use super::{ACTED, Scenario};
use crate::api::{Answer, Api};
use crate::rig::{self, Rig};
use crate::server::Opening;
use crate::wait;

pub(super) const SCENARIO: Scenario = Scenario { id: "installed", on_demand: false, run: |rig| Box::pin(run(rig)) };

/// Not the namespace of the rig's own account.
const NAMESPACE: &str = "installed";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/// What the account and its rights are made of.
const ACCESS: [&str; 3] = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"];
/// Kinds in the manifests that the rig does not have.
const ADDED: [(&str, &str); 2] = [("ServiceMonitor", "servicemonitors"), ("PrometheusRule", "prometheusrules")];

async fn run(rig: &mut Rig) -> Result<String> {
    let api = rig.api().clone();
    for (kind, plural) in ADDED {
        define(&api, kind, plural).await?;
    }
    let objects = manifests()?;
    let namespace = object(&objects, "Namespace")?;
    apply(&api, namespace, false).await?;

    let chart = chart()?;
    for object in objects.iter().chain(&chart) {
        apply(&api, object, true)
            .await
            .with_context(|| format!("{} {}", object["kind"], object["metadata"]["name"]))?;
    }
    let access = |object: &&Value| ACCESS.iter().any(|kind| object["kind"] == *kind);
    for object in objects.iter().filter(access) {
        apply(&api, object, false).await?;
    }
    admitted(&api, object(&objects, "Deployment")?).await?;
    let account = object(&objects, "ServiceAccount")?["metadata"]["name"].as_str().context("a name")?;
    let token = rig::token_of(&api, NAMESPACE, account, &[]).await?;
    let rights = rights(&api, &token).await?;
    let sees = sees_everything(rig, &token).await?;

    for object in objects.iter().filter(access).chain([namespace]) {
        api.delete(&path(object)?).await?;
    }
    for (_, plural) in ADDED {
        api.delete(&format!("{DEFINITIONS}/{plural}.monitoring.coreos.com")).await?;
    }
    let options = if chart.is_empty() {
        "no helm, so without the chart's options".to_owned()
    } else {
        format!("{} of the chart", chart.len())
    };
    Ok(format!("{} objects accepted ({options}), {rights} rights as documented, {sees}", objects.len() + chart.len()))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// deploy/manifests.yaml, in a namespace of the scenario's own.
fn manifests() -> Result<Vec<Value>> {
    parse(&std::fs::read_to_string(repository().join("deploy/manifests.yaml"))?)
}

/// The chart with every option, hooks included, where helm is at hand.
fn chart() -> Result<Vec<Value>> {
    let tools = repository().join("target/tools/bin/helm");
    let helm = if tools.is_file() { tools } else { PathBuf::from("helm") };
    let folder = repository().join("charts/openshift-cluster-health-mcp");
    let mut command = std::process::Command::new(helm);
    command.args(["template", "options"]).arg(&folder).args(["--namespace", NAMESPACE, "--kube-version", "1.34.0"]);
    command.arg("--values").arg(folder.join("ci/everything-values.yaml"));
    match command.output() {
        Ok(output) => {
            ensure!(output.status.success(), "helm: {}", String::from_utf8_lossy(&output.stderr));
            parse(&String::from_utf8_lossy(&output.stdout))
        }
        Err(_) => Ok(Vec::new()),
    }
}

fn parse(text: &str) -> Result<Vec<Value>> {
    let mut objects: Vec<Value> = serde_saphyr::from_multiple(text)?;
    objects.retain(Value::is_object);
    for object in &mut objects {
        if object["kind"] == "Namespace" {
            object["metadata"]["name"] = json!(NAMESPACE);
        }
        if !object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = json!(NAMESPACE);
        }
        // By index, what is not there would be made
        for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
            subject["namespace"] = json!(NAMESPACE);
        }
    }
    Ok(objects)
}

fn object<'a>(objects: &'a [Value], kind: &str) -> Result<&'a Value> {
    objects.iter().find(|object| object["kind"] == kind).with_context(|| format!("a {kind} in the manifests"))
}

fn path(object: &Value) -> Result<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned).context("text in a manifest");
    let (version, kind) = (text(&object["apiVersion"])?, text(&object["kind"])?.to_lowercase());
    let root = if version.contains('/') { "apis" } else { "api" };
    let plural = kind.strip_suffix('y').map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies"));
    let name = text(&object["metadata"]["name"])?;
    Ok(match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("/{root}/{version}/{plural}/{name}"),
    })
}

/// Server-side, strictly: a field the API does not know is an error.
async fn apply(api: &Api, object: &Value, dry: bool) -> Result<()> {
    let dry = if dry { "&dryRun=All" } else { "" };
    let path = format!("{}?fieldManager=install&force=true&fieldValidation=Strict{dry}", path(object)?);
    let answer = api.send(Method::PATCH, &path, "application/apply-patch+yaml", object.to_string()).await?;
    ensure!(matches!(answer.status, 200 | 201), "{path}: {} {}", answer.status, answer.text());
    Ok(())
}

/// A pod of the Deployment passes admission where `restricted` is enforced, and one that asks for more does not.
async fn admitted(api: &Api, deployment: &Value) -> Result<()> {
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("as-deployed");
    let made = create_pod(api, &pod).await?;
    ensure!(made.status == 201, "the pod is refused: {} {}", made.status, made.text());
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    let refused = create_pod(api, &pod).await?;
    ensure!(refused.status == 403 && refused.text().contains("PodSecurity"), "nothing is enforced: {}", refused.text());
    Ok(())
}

async fn create_pod(api: &Api, pod: &Value) -> Result<Answer> {
    api.post(&format!("/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All"), pod).await
}

type Right = (String, String, String);

/// What `kubectl auth can-i --list` asks, less what any account may, is what the document says.
async fn rights(api: &Api, token: &str) -> Result<usize> {
    let nobody = rig::token_of(api, "default", "default", &[]).await?;
    let everyone = may(&api.as_token(&nobody)).await?;
    let account = may(&api.as_token(token)).await?;
    let beyond: BTreeSet<_> = account.difference(&everyone).cloned().collect();
    let documented = documented()?;
    let (more, less) =
        (beyond.difference(&documented).collect::<Vec<_>>(), documented.difference(&beyond).collect::<Vec<_>>());
    ensure!(more.is_empty() && less.is_empty(), "not in docs/rbac.md: {more:?}; not granted: {less:?}");
    let secrets = api.as_token(token).get("/api/v1/secrets").await?;
    ensure!(secrets.status == 403, "Secrets: {}", secrets.status);
    Ok(beyond.len())
}

async fn may(api: &Api) -> Result<BTreeSet<Right>> {
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": NAMESPACE}});
    let answer = api.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &review).await?;
    let mut rights = BTreeSet::new();
    for rule in answer["status"]["resourceRules"].as_array().context("rules")? {
        let words = |field: &str| {
            rule[field].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned))
        };
        for group in words("apiGroups") {
            for resource in words("resources") {
                rights.extend(words("verbs").map(|verb| (group.clone(), resource.clone(), verb)));
            }
        }
    }
    Ok(rights)
}

/// The table of docs/rbac.md.
fn documented() -> Result<BTreeSet<Right>> {
    let text = std::fs::read_to_string(repository().join("docs/rbac.md"))?;
    let mut rights = BTreeSet::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("| ")).skip(1) {
        let cells: Vec<_> = row.split(" | ").collect();
        let [group, resource, verbs, ..] = cells.as_slice() else { continue };
        let group = if *group == "core" { "" } else { group };
        rights.extend(verbs.split(", ").map(|verb| (group.to_owned(), (*resource).to_owned(), verb.to_owned())));
    }
    ensure!(rights.len() > 100, "docs/rbac.md lists only {}", rights.len());
    Ok(rights)
}

async fn sees_everything(rig: &Rig, token: &str) -> Result<String> {
    let proxy = rig.proxy().await?;
    let kubeconfig = rig.kubeconfig(&proxy, token);
    let lane = rig.open(proxy, Opening::new("mcp-server-installed", kubeconfig)).await?;
    lane.server.ready(ACTED).await.with_context(|| lane.server.log_tail())?;
    let (objects, _) = lane.equal(ACTED).await?;
    let health = lane.health().await?;
    ensure!(!health.text.contains("forbidden"), "{}", health.text);
    lane.server.stop().await?;
    Ok(format!("{objects} objects seen with them"))
}

async fn define(api: &Api, kind: &str, plural: &str) -> Result<()> {
    let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.monitoring.coreos.com")},
        "spec": {
            "group": "monitoring.coreos.com", "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}}}],
        },
    });
    api.create(DEFINITIONS, &definition).await?;
    let path = format!("/apis/monitoring.coreos.com/v1/{plural}");
    wait::until(ACTED, &path, async || api.read(&path).await.map(drop)).await.map(drop)
}
