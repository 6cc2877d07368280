//! Whether the server's model equals a fresh list, object by object.
//!
//! The fresh list is read by the rig itself, decoded by the core library and assessed at the server's own moment. Then
//! every object is asked for with `inspect-object`, numbers of objects come from `/metrics`, and verdict and findings
//! from their tools. Anything the server has more, less or otherwise is a difference.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cluster_health::change::Change;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::finding::{Fact, Value as FactValue};
use cluster_health::model::Kind;
use cluster_health::{Cluster, Index, Time, assess, decode, describe};
use futures_util::future::{BoxFuture, try_join_all};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::api::Api;
use crate::mcp::Mcp;
use crate::objects;
use crate::wait;

/// How many facts `inspect-object` gives at most.
const FACTS: usize = 40;
const SHOWN: usize = 6;
/// Questions that are asked at the same time.
const AT_ONCE: usize = 8;
/// At an object that keeps on changing.
const LOOKS: usize = 5;

/// All objects of every kind, as the API has them now.
pub async fn fresh(api: &Api) -> Result<Cluster> {
    let mut index = Index::default();
    for &kind in Kind::ALL {
        // Nobody is asked about alerts here
        let asked = kind.is_served();
        let seen = if asked { list(api, kind, &mut index).await? } else { Seen::NotSeen(Reason::NotConfigured) };
        index.apply(Change::Synced(kind, seen));
    }
    Ok(index.into_cluster())
}

#[derive(Deserialize)]
struct List<'a> {
    metadata: ListMeta,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

async fn list(api: &Api, kind: Kind, index: &mut Index) -> Result<Seen> {
    let (mut next, mut unreadable) = (String::new(), 0);
    loop {
        let answer = api.get(&format!("{}?limit=500{next}", objects::collection(kind, ""))).await?;
        match answer.status {
            200 => {}
            404 => return Ok(Seen::NotSeen(Reason::NotServed)),
            status => bail!("list {}: {status} {}", kind.plural(), answer.text()),
        }
        let list: List = serde_json::from_slice(&answer.body).context("a list")?;
        for item in list.items {
            match decode::json(kind, item.get().as_bytes()) {
                Ok(object) => index.apply(Change::Apply(object)),
                Err(_) => unreadable += 1,
            }
        }
        if list.metadata.next.is_empty() {
            let why = format!("{unreadable} could not be read");
            return Ok(if unreadable == 0 { Seen::Complete } else { Seen::Partial { why } });
        }
        next = format!("&continue={}", list.metadata.next);
    }
}

/// Waits until the server's model equals a fresh list; says how long that took and how many objects it has.
pub async fn until_equal(api: &Api, mcp: &Mcp, limit: Duration) -> Result<(usize, Duration)> {
    wait::until(limit, "the model equals a fresh list", async || {
        let fresh = fresh(api).await?;
        let differences = differences(api, &fresh, mcp).await?;
        ensure!(
            differences.is_empty(),
            "{} differences, such as:\n  {}",
            differences.len(),
            differences[..differences.len().min(SHOWN)].join("\n  ")
        );
        Ok(Kind::ALL.iter().map(|&kind| fresh.count(kind)).sum())
    })
    .await
}

async fn differences(api: &Api, fresh: &Cluster, mcp: &Mcp) -> Result<Vec<String>> {
    let mut differences = counts(fresh, mcp).await?;
    if differences.len() < SHOWN {
        let mut keys: Vec<(Kind, String, String)> = Vec::new();
        for &kind in Kind::ALL {
            keys.extend(all_keys(fresh, kind).into_iter().map(|(namespace, name)| (kind, namespace, name)));
        }
        for some in keys.chunks(AT_ONCE) {
            let mut looks: Vec<BoxFuture<'_, Result<Option<String>>>> = Vec::new();
            for (kind, namespace, name) in some {
                looks.push(Box::pin(twice(api, fresh, mcp, *kind, namespace, name)));
            }
            differences.extend(try_join_all(looks).await?.into_iter().flatten());
        }
    }
    if differences.is_empty() {
        differences.extend(report(fresh, mcp).await?);
    }
    Ok(differences)
}

async fn twice(
    api: &Api,
    fresh: &Cluster,
    mcp: &Mcp,
    kind: Kind,
    namespace: &str,
    name: &str,
) -> Result<Option<String>> {
    match object(fresh, mcp, kind, namespace, name).await? {
        Some(_) => anew(api, fresh, mcp, kind, namespace, name).await,
        None => Ok(None),
    }
}

/// Looks at one object again: it may have changed since the list, as Leases do every few seconds. A difference is one only
/// when the object was the same before and after.
async fn anew(
    api: &Api,
    fresh: &Cluster,
    mcp: &Mcp,
    kind: Kind,
    namespace: &str,
    name: &str,
) -> Result<Option<String>> {
    let path = objects::path(kind, namespace, name);
    let mut index = Index::from(fresh.clone());
    let mut difference = None;
    for _ in 0..LOOKS {
        let before = api.get(&path).await?;
        if before.status == 404 {
            return Ok(None);
        }
        let object_now =
            decode::json(kind, &before.body).map_err(|error| anyhow::anyhow!("{path}: {}", error.reason))?;
        index.apply(Change::Apply(object_now));
        difference = object(index.cluster(), mcp, kind, namespace, name).await?;
        if difference.is_none() {
            return Ok(None);
        }
        if api.get(&path).await?.body == before.body {
            return Ok(difference);
        }
    }
    Ok(difference)
}

/// Objects that the server has and the list has not would show here.
async fn counts(fresh: &Cluster, mcp: &Mcp) -> Result<Vec<String>> {
    let (_, metrics) = mcp.get("/metrics").await?;
    let told: BTreeMap<&str, usize> = metrics.lines().filter_map(object_count).collect();
    ensure!(!told.is_empty(), "/metrics has no numbers of objects:\n{metrics}");
    let differs = |&kind: &Kind| {
        let (told, listed) = (told.get(kind.plural()).copied().unwrap_or(0), fresh.count(kind));
        (told != listed).then(|| format!("{kind}: {told} objects in the model, {listed} in a fresh list"))
    };
    Ok(Kind::ALL.iter().filter_map(differs).collect())
}

/// `cluster_health_objects{kind="pods"} 12`
fn object_count(line: &str) -> Option<(&str, usize)> {
    let (kind, count) = line.strip_prefix("cluster_health_objects{kind=\"")?.split_once("\"} ")?;
    Some((kind, count.parse().ok()?))
}

fn all_keys(fresh: &Cluster, kind: Kind) -> Vec<(String, String)> {
    let namespaces = fresh.namespaces.iter().map(|namespace| namespace.meta.name.to_string());
    let within = |namespace: String| {
        let names = describe::names(fresh, kind, &namespace);
        names.into_iter().map(|name| (namespace.clone(), name.to_owned())).collect::<Vec<_>>()
    };
    std::iter::once(String::new()).chain(namespaces).flat_map(within).collect()
}

async fn object(fresh: &Cluster, mcp: &Mcp, kind: Kind, namespace: &str, name: &str) -> Result<Option<String>> {
    let description = describe::describe(fresh, kind, namespace, name).context("an object that was just listed")?;
    let mut arguments = json!({"kind": kind.name(), "name": name});
    if !namespace.is_empty() {
        arguments["namespace"] = json!(namespace);
    }
    let said = mcp.call("inspect-object", arguments).await?;
    let object = &description.object;
    if said.is_error {
        return Ok(Some(format!("{object}: {}", said.text)));
    }
    let expected: Vec<Value> = description.facts.iter().take(FACTS).map(fact).collect();
    let told = said.structured["facts"].as_array().context("facts")?;
    let differs = expected.iter().zip(told).find(|(expected, told)| expected != told);
    Ok(match differs {
        Some((expected, told)) => Some(format!("{object}: {told} in the model, {expected} in a fresh list")),
        None if expected.len() != told.len() => {
            Some(format!("{object}: {} fields in the model, {} in a fresh list", told.len(), expected.len()))
        }
        None => None,
    })
}

fn fact(fact: &Fact) -> Value {
    match &fact.value {
        FactValue::Typed(value) => json!({"path": fact.path, "value": value}),
        FactValue::Untrusted(text) => json!({"path": fact.path, "untrusted_text": text}),
    }
}

/// Verdict and findings at the server's own moment.
async fn report(fresh: &Cluster, mcp: &Mcp) -> Result<Vec<String>> {
    let health = mcp.call("get-cluster-health", json!({})).await?;
    let as_of: Time = health.structured["as_of"].as_str().and_then(Time::parse).context("as_of")?;
    let expected = assess(fresh, as_of);
    let mut differences = Vec::new();
    if health.structured["status"] != expected.verdict.as_str() {
        let not_seen = &health.structured["not_seen"];
        differences.push(format!(
            "verdict {} in the model (not seen: {not_seen}), {} in a fresh list",
            health.structured["status"],
            expected.verdict.as_str()
        ));
    }
    let told = findings(mcp).await?;
    let wanted: Vec<String> = expected.findings.iter().map(|finding| finding.id.clone()).collect();
    for id in wanted.iter().filter(|id| !told.contains(id)) {
        differences.push(format!("finding {id} is missing"));
    }
    for id in told.iter().filter(|id| !wanted.contains(id)) {
        differences.push(format!("finding {id} is too much"));
    }
    Ok(differences)
}

/// Waits until the pods of one namespace are all that the server has, each under its name; says how many there are.
pub async fn until_same_pods(api: &Api, mcp: &Mcp, namespace: &str, limit: Duration) -> Result<usize> {
    let (pods, _) = wait::until(limit, "the same pods", async || {
        let fresh = fresh(api).await?;
        let names = describe::names(&fresh, Kind::Pod, namespace);
        let (_, metrics) = mcp.get("/metrics").await?;
        let told = metrics.lines().filter_map(object_count).find(|(plural, _)| *plural == "pods");
        ensure!(told == Some(("pods", names.len())), "{told:?} in the model, {} in {namespace}", names.len());
        for name in &names {
            if let Some(difference) = object(&fresh, mcp, Kind::Pod, namespace, name).await? {
                bail!(difference);
            }
        }
        Ok(names.len())
    })
    .await?;
    Ok(pods)
}

/// Identifiers on all pages of `list-findings`.
pub async fn findings(mcp: &Mcp) -> Result<Vec<String>> {
    let (mut ids, mut arguments) = (Vec::new(), json!({}));
    loop {
        let said = mcp.call("list-findings", arguments.clone()).await?;
        ensure!(!said.is_error, "list-findings: {}", said.text);
        let findings = said.structured["findings"].as_array().context("findings")?;
        ids.extend(findings.iter().filter_map(|finding| finding["id"].as_str().map(str::to_owned)));
        match said.structured["next_cursor"].as_str() {
            Some(cursor) => arguments = json!({"cursor": cursor}),
            None => return Ok(ids),
        }
    }
}
