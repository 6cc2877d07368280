//! `list-models`: the models KServe serves, those that do not work first.

use cluster_health::model::Kind;
use cluster_health::model::inference_service::InferenceService;
use cluster_health::ordered::Ordered;
use cluster_health::render;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::served_model::{self, ModelRow};
use super::{cursor, scope};
use crate::mcp::{Answer, Tool, ToolError};
use crate::state::State;

pub struct ListModels;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Only models of this namespace
    #[schemars(length(min = 1, max = 63))]
    namespace: Option<String>,
    /// How many models at most (default 50)
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// next_cursor of the page before
    #[schemars(length(min = 1, max = 1200))]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ModelList {
    /// The moment assessed, RFC 3339
    pub as_of: String,
    pub message: String,
    /// How many match, on all pages
    pub total_count: usize,
    pub ready_count: usize,
    /// Why models were not seen, or not all, or not up to now
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen: Option<String>,
    /// Those that are not ready first, then by namespace and name
    pub models: Vec<ModelRow>,
    /// Give it as cursor to get the next page; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

const DEFAULT_LIMIT: u32 = 50;

impl Tool<State> for ListModels {
    const NAME: &'static str = "list-models";
    const TITLE: &'static str = "Models";
    const DESCRIPTION: &'static str = "List the machine learning models that KServe serves (InferenceServices): which \
        are ready, which failed to load or were stopped, their runtime, format and address; those that do not work \
        come first. Paged.";

    type Arguments = Arguments;
    type Output = ModelList;

    async fn call(state: &State, arguments: Arguments) -> Result<Answer<ModelList>, ToolError> {
        let snapshot = scope::snapshot(state).await?;
        let cluster = &snapshot.cluster;
        served_model::seen(cluster)?;
        if let Some(namespace) = &arguments.namespace {
            scope::namespace(cluster, namespace)?;
        }
        let is_asked = |service: &&InferenceService| {
            arguments.namespace.as_ref().is_none_or(|namespace| service.meta.namespace == **namespace)
        };
        let services = cluster.inference_services.iter().filter(is_asked);
        let mut models: Vec<_> = services.map(|service| ModelRow::new(service, snapshot.report.as_of)).collect();
        models.put_in_order_by_key(key);
        let mut answer = page(models, &arguments, snapshot.report.as_of.to_string())?;
        if let Some(caution) = snapshot.caution_about(Kind::InferenceService) {
            answer.text = format!("{caution}.\n{}", answer.text);
            answer.structured.not_seen = Some(caution);
        }
        Ok(answer)
    }
}

/// Sorts those that do not work first, those that were stopped on purpose last.
fn key(row: &ModelRow) -> String {
    let rank = match &*row.state {
        "Ready" => 1,
        "Stopped" => 2,
        _ => 0,
    };
    format!("{rank}\0{}\0{}", row.namespace, row.name)
}

fn page(models: Vec<ModelRow>, arguments: &Arguments, as_of: String) -> Result<Answer<ModelList>, ToolError> {
    let question = format!("list-models {:?}", arguments.namespace);
    let after = arguments.cursor.as_ref().map(|cursor| cursor::key(&question, cursor)).transpose()?;
    let (total_count, ready_count) = (models.len(), models.iter().filter(|model| model.ready).count());
    let stopped = models.iter().filter(|model| model.state == "Stopped").count();
    let message = match total_count {
        0 => "No models are served.".to_owned(),
        total => format!("{ready_count} of {total} models are ready, {stopped} are stopped."),
    };
    let rest: Vec<_> = models.into_iter().filter(|row| after.as_ref().is_none_or(|after| key(row) > *after)).collect();
    let (mut text, mut shown) = (message.clone(), 0);
    for row in rest.iter().take(arguments.limit.unwrap_or(DEFAULT_LIMIT) as usize) {
        let line = line(row);
        if shown > 0 && text.len() + line.len() + 400 > render::ANSWER_BYTES {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    let more = rest.len() - shown;
    let models: Vec<_> = rest.into_iter().take(shown).collect();
    let next_cursor = models.last().filter(|_| more > 0).map(|last| cursor::after(&question, &key(last)));
    if let Some(cursor) = &next_cursor {
        text.push_str(&format!("\n{more} more: call again with cursor {cursor}"));
    }
    Ok(Answer {
        text,
        structured: ModelList { as_of, message, total_count, ready_count, not_seen: None, models, next_cursor },
    })
}

fn line(row: &ModelRow) -> String {
    let word =
        |name: &str, value: &Option<String>| value.as_ref().map(|it| format!(" {name}={it}")).unwrap_or_default();
    format!(
        "\n{}/{} {}{}{}{}{}",
        row.namespace,
        row.name,
        row.state,
        word("for", &row.held_for),
        word("runtime", &row.runtime),
        word("format", &row.format),
        word("url", &row.url)
    )
}
