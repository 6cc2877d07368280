//! What a tool is: a name, words for models, typed arguments, and a typed answer with a text that stands alone.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool as Definition, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ToolError;
use super::{arguments, schema};
use crate::outgoing;

/// One tool, in a file of its own. `C` is what it looks at.
///
/// Schemas come from the types: document fields with `///`, bound them with `#[schemars(range(…))]` or
/// `#[schemars(length(…))]`, refuse what is unknown with `#[serde(deny_unknown_fields)]` on the arguments, and leave
/// absent answers out with `#[serde(skip_serializing_if = "Option::is_none")]`.
pub trait Tool<C>: 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;

    type Arguments: DeserializeOwned + JsonSchema + Send;
    type Output: Serialize + JsonSchema;

    /// Looks at state and changes nothing, unless a tool says otherwise.
    fn annotations() -> ToolAnnotations {
        ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false)
    }

    fn call(
        context: &C,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Answer<Self::Output>, ToolError>> + Send;
}

/// Both channels of an answer. Clients show the model one of them, so each has to be complete.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The verdict first, then one finding a line.
    pub text: String,
    pub structured: T,
}

type Run<C> = for<'a> fn(&'a C, &'a JsonObject, JsonObject) -> BoxFuture<'a, Result<CallToolResult, ToolError>>;

pub(super) struct Registered<C> {
    pub(super) name: &'static str,
    pub(super) definition: Definition,
    run: Run<C>,
}

impl<C: Send + Sync + 'static> Registered<C> {
    pub(super) fn of<T: Tool<C>>() -> Self {
        let schemas = [schema::of_arguments::<T::Arguments>(), schema::of_answer::<T::Output>()];
        Self::new([T::NAME, T::TITLE, T::DESCRIPTION], schemas, T::annotations(), run::<C, T>)
    }

    // As all that is not generic here, out of line: there are many tools
    #[inline(never)]
    fn new(
        [name, title, description]: [&'static str; 3],
        [arguments, answer]: [Arc<JsonObject>; 2],
        annotations: ToolAnnotations,
        run: Run<C>,
    ) -> Self {
        let definition = Definition::new(name, description, arguments)
            .with_title(title)
            .with_raw_output_schema(answer)
            .with_annotations(annotations);
        Self { name, definition, run }
    }

    pub(super) fn call<'a>(
        &'a self,
        context: &'a C,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<CallToolResult, ToolError>> {
        (self.run)(context, &self.definition.input_schema, arguments)
    }

    pub(super) fn input_schema(&self) -> Arc<JsonObject> {
        self.definition.input_schema.clone()
    }
}

fn run<'a, C: Send + Sync, T: Tool<C>>(
    context: &'a C,
    schema: &'a JsonObject,
    arguments: JsonObject,
) -> BoxFuture<'a, Result<CallToolResult, ToolError>> {
    async move {
        let arguments = arguments::decode(schema, arguments)?;
        let answer = T::call(context, arguments).await?;
        let structured = serde_json::to_value(&answer.structured).map_err(ToolError::internal)?;
        Ok(result(answer.text, structured))
    }
    .boxed()
}

#[inline(never)]
fn result(text: String, mut structured: Value) -> CallToolResult {
    outgoing::structure(&mut structured);
    let mut result = CallToolResult::success(vec![ContentBlock::text(outgoing::text(text))]);
    result.structured_content = Some(structured);
    result
}
