//! `list-pods`: pods as `kubectl get pods` shows them, filtered and in pages.

use cluster_health::cluster::Phases;
use cluster_health::model::Kind;
use cluster_health::model::pod::Pod;
use cluster_health::selector::Selector;
use cluster_health::{Cluster, Time, render, time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::get_cluster_health::Pods as PodCounts;
use super::{cursor, scope};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct ListPods;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Only pods of this namespace
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// Only pods with these labels, such as app=web,tier!=cache,env in (a,b)
    #[schemars(length(min = 1, max = 1000))]
    label_selector: Option<String>,
    /// Only pods with these fields: metadata.name, metadata.namespace, spec.nodeName, status.phase with = or !=
    #[schemars(length(min = 1, max = 1000))]
    field_selector: Option<String>,
    /// true leaves out pods that run and are ready, and those that completed (default false)
    only_unhealthy: Option<bool>,
    /// How many pods at most (default 50)
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// next_cursor of the page before
    #[schemars(length(min = 1, max = 1200))]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PodList {
    /// How many match, on all pages
    pub total: usize,
    /// Of all that match
    pub summary: PodCounts,
    /// Why pods were not seen, or not all, or not up to now
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen: Option<String>,
    /// Sorted by namespace and name
    pub pods: Vec<PodRow>,
    /// Give it as cursor to get the next page; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PodRow {
    pub namespace: String,
    pub name: String,
    /// What is the matter, such as CrashLoopBackOff, or else the phase
    pub status: String,
    pub phase: String,
    /// Ready containers of all containers, such as 1/2
    pub ready: String,
    pub restarts: u32,
    /// Since its creation, such as 3d4h; absent when unknown
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// Absent until scheduled
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

const DEFAULT_LIMIT: u32 = 50;

impl Tool<State> for ListPods {
    const NAME: &'static str = "list-pods";
    const TITLE: &'static str = "Pods";
    const DESCRIPTION: &'static str = "List pods with status (CrashLoopBackOff, ImagePullBackOff, Pending, Terminating, \
        Running …), ready containers, restarts, age and node. Filter by namespace, label selector, field selector \
        (spec.nodeName, status.phase) or only unhealthy ones. Paged, with counts by phase of all that match.";

    type Arguments = Arguments;
    type Output = PodList;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<PodList>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let cluster = &snapshot.cluster;
        if let Some(reason) = cluster.coverage.unseen(Kind::Pod) {
            return Err(ToolError::NotSeen { what: "pods".to_owned(), reason: reason.words() });
        }
        let filter = Filter::new(cluster, &arguments)?;
        let after = arguments.cursor.as_ref().map(|cursor| cursor::key(&filter.question(), cursor)).transpose()?;
        let limit = arguments.limit.unwrap_or(DEFAULT_LIMIT) as usize;
        let mut answer = page(&filter, filter.pods(cluster), after.as_deref(), limit, snapshot.report.as_of);
        if let Some(caution) = snapshot.caution_about(Kind::Pod) {
            answer.text = format!("{caution}.\n{}", answer.text);
            answer.structured.not_seen = Some(caution);
        }
        Ok(answer)
    }
}

struct Filter {
    namespace: Option<String>,
    labels: Option<Selector>,
    fields: Vec<FieldTerm>,
    only_unhealthy: bool,
}

#[derive(Debug)]
struct FieldTerm {
    field: Field,
    equal: bool,
    value: String,
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Name,
    Namespace,
    Node,
    Phase,
}

impl Filter {
    fn new(cluster: &Cluster, arguments: &Arguments) -> Result<Self, ToolError> {
        if let Some(namespace) = &arguments.namespace {
            scope::namespace(cluster, namespace)?;
        }
        let labels = arguments.label_selector.as_deref().map(|text| {
            text.parse::<Selector>().map_err(|error| ToolError::argument("label_selector", text, error.to_string()))
        });
        let fields = arguments.field_selector.as_deref().unwrap_or_default();
        Ok(Self {
            namespace: arguments.namespace.clone(),
            labels: labels.transpose()?,
            fields: fields
                .split(',')
                .filter(|term| !term.trim().is_empty())
                .map(field_term)
                .collect::<Result<_, _>>()?,
            only_unhealthy: arguments.only_unhealthy.unwrap_or(false),
        })
    }

    fn pods<'c>(&'c self, cluster: &'c Cluster) -> Box<dyn Iterator<Item = &'c Pod> + 'c> {
        match &self.namespace {
            Some(namespace) => Box::new(cluster.pods.in_namespace(namespace).filter(|pod| self.takes(pod))),
            None => Box::new(cluster.pods.iter().filter(|pod| self.takes(pod))),
        }
    }

    fn takes(&self, pod: &Pod) -> bool {
        !(self.only_unhealthy && pod.is_settled())
            && self.labels.as_ref().is_none_or(|labels| labels.matches(&pod.meta.labels))
            && self.fields.iter().all(|term| term.takes(pod))
    }

    /// What a cursor is bound to.
    fn question(&self) -> String {
        let Self { namespace, labels, fields, only_unhealthy } = self;
        format!("list-pods {namespace:?} {labels:?} {fields:?} {only_unhealthy}")
    }
}

impl FieldTerm {
    fn takes(&self, pod: &Pod) -> bool {
        let value = match self.field {
            Field::Name => pod.meta.name.as_str(),
            Field::Namespace => pod.meta.namespace.as_str(),
            Field::Node => pod.node.as_str(),
            Field::Phase => pod.phase.as_str(),
        };
        (value == self.value) == self.equal
    }
}

fn field_term(text: &str) -> Result<FieldTerm, ToolError> {
    const ACCEPTED: &str = "metadata.name, metadata.namespace, spec.nodeName or status.phase with = or !=";
    let bad = || ToolError::argument("field_selector", text, ACCEPTED);
    let (field, equal, value) = match text.split_once("!=") {
        Some((field, value)) => (field, false, value),
        None => text.split_once("==").or_else(|| text.split_once('=')).map(|(f, v)| (f, true, v)).ok_or_else(bad)?,
    };
    let field = match field.trim() {
        "metadata.name" => Field::Name,
        "metadata.namespace" => Field::Namespace,
        "spec.nodeName" => Field::Node,
        "status.phase" => Field::Phase,
        _ => return Err(bad()),
    };
    Ok(FieldTerm { field, equal, value: value.trim().to_owned() })
}

fn page<'c>(
    filter: &Filter,
    matching: impl Iterator<Item = &'c Pod>,
    after: Option<&str>,
    limit: usize,
    now: Time,
) -> Answer<PodList> {
    let mut phases = Phases::default();
    let (mut rows, mut lines, mut bytes, mut rest) = (Vec::new(), Vec::new(), 0, 0);
    for pod in matching {
        phases.add(pod.phase);
        if after.is_some_and(|after| key(pod).as_str() <= after) {
            continue;
        }
        let row = row(pod, now);
        let line = line(&row);
        if rows.len() == limit || (rest == 0 && bytes + line.len() + 400 > render::ANSWER_BYTES) || rest > 0 {
            rest += 1;
            continue;
        }
        bytes += line.len() + 1;
        lines.push(line);
        rows.push(row);
    }
    let next_cursor = rows
        .last()
        .filter(|_| rest > 0)
        .map(|last: &PodRow| cursor::after(&filter.question(), &format!("{}\0{}", last.namespace, last.name)));
    let text = text(&phases, &lines, rest, next_cursor.as_deref());
    let summary = PodCounts {
        total: phases.total(),
        running: phases.running,
        pending: phases.pending,
        failed: phases.failed,
        succeeded: phases.succeeded,
        unknown: phases.unknown,
    };
    Answer { text, structured: PodList { total: phases.total(), summary, not_seen: None, pods: rows, next_cursor } }
}

/// Sorts as the model does: a zero byte sorts before everything a name may hold.
fn key(pod: &Pod) -> String {
    format!("{}\0{}", pod.meta.namespace, pod.meta.name)
}

fn text(phases: &Phases, lines: &[String], rest: usize, cursor: Option<&str>) -> String {
    let mut text = format!(
        "{} pods match: {} running, {} pending, {} failed, {} succeeded, {} unknown.",
        phases.total(),
        phases.running,
        phases.pending,
        phases.failed,
        phases.succeeded,
        phases.unknown
    );
    if !lines.is_empty() {
        text.push_str("\nNAMESPACE/NAME STATUS READY RESTARTS AGE NODE\n");
        text.push_str(&lines.join("\n"));
    }
    if let Some(cursor) = cursor {
        text.push_str(&format!("\n{rest} more: call again with cursor {cursor}"));
    }
    text
}

fn row(pod: &Pod, now: Time) -> PodRow {
    let ready = pod.containers.iter().filter(|container| container.ready).count();
    PodRow {
        namespace: pod.meta.namespace.to_string(),
        name: pod.meta.name.to_string(),
        status: pod.status_word().to_owned(),
        phase: pod.phase.as_str().to_owned(),
        ready: format!("{ready}/{}", pod.template.containers.len()),
        restarts: pod.restarts(),
        age: pod.meta.created.map(|created| time::short(now.since(created))),
        node: (!pod.node.is_empty()).then(|| pod.node.to_string()),
    }
}

fn line(row: &PodRow) -> String {
    format!(
        "{}/{} {} {} {} {} {}",
        row.namespace,
        row.name,
        row.status,
        row.ready,
        row.restarts,
        row.age.as_deref().unwrap_or("-"),
        row.node.as_deref().unwrap_or("-")
    )
}
