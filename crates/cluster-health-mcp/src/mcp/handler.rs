//! The protocol's side of a [`Surface`]: lists, calls, reads, prompts and completions.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::http::request::Parts;
use cluster_health::redact::redact;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, CompletionInfo, ConstString, CustomRequest, CustomResult, DiscoverResult, ErrorCode, Extensions,
    GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Implementation, JsonObject,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod, ListResourceTemplatesResult,
    ListResourcesRequestMethod, ListResourcesResult, ListToolsRequestMethod, ListToolsResult, MetaObject,
    PaginatedRequestParams, PromptMessage, ProtocolVersion, ReadResourceRequestMethod, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, Reference, ResourceContents, Role, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, Tool as Definition, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;

use super::bounded::bounded;
use super::error::{ResourceError, ToolError, told};
use super::subscriptions::{self, Subscriptions};
use super::{Surface, elicitation, prompt, resources, tool};
use crate::audit::Trail;
use crate::callers::{Caller, Denied};
use crate::metrics::Outcome;
use crate::outgoing;

/// What is on offer changes only with the server's configuration.
const LISTS_KEEP_MS: u64 = 300_000;
/// State changes any moment; this spares only an assistant that reads twice in one turn.
const DOCUMENTS_KEEP_MS: u64 = 2_000;
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Cheap to clone: the transport takes one per request.
pub struct Handler<C> {
    surface: Arc<Surface<C>>,
    context: C,
    subscriptions: Subscriptions,
}

impl<C: Clone> Clone for Handler<C> {
    fn clone(&self) -> Self {
        let (surface, context) = (self.surface.clone(), self.context.clone());
        Self { surface, context, subscriptions: self.subscriptions.clone() }
    }
}

impl<C: Clone + Send + Sync + 'static> Handler<C> {
    pub fn new(surface: Arc<Surface<C>>, context: C) -> Self {
        Self { surface, context, subscriptions: Subscriptions::default() }
    }

    /// What whoever sent this request looks at. A request that came over the network and past the door is shown nothing.
    fn seen(&self, extensions: &Extensions) -> Result<C, ErrorData> {
        let caller = match extensions.get::<Parts>() {
            None => Caller::local(),
            Some(parts) => parts.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::nobody),
        };
        self.seen_by(&caller)
    }

    fn seen_by(&self, caller: &Caller) -> Result<C, ErrorData> {
        match self.surface.views {
            Some(views) => Ok((views.seen_by)(&self.context, caller)),
            None if caller.sees().is_everything() => Ok(self.context.clone()),
            None => Err(ErrorData::internal_error("nothing here is for callers who may not see everything", None)),
        }
    }

    async fn answer(
        &self,
        tool: &tool::Registered<C>,
        context: &C,
        arguments: JsonObject,
    ) -> Result<CallToolResult, ToolError> {
        bounded(self.surface.call_timeout, async { tool.call(context, arguments).await }).await?
    }

    async fn message(
        &self,
        prompt: &prompt::Registered<C>,
        context: &C,
        arguments: JsonObject,
    ) -> Result<String, ToolError> {
        let offered: Vec<_> = self.surface.tools.iter().map(|tool| tool.name).collect();
        let written = bounded(self.surface.call_timeout, prompt.write(context, arguments, &offered)).await?;
        written.map(outgoing::text)
    }

    async fn document(&self, context: &C, uri: &str) -> Result<ResourceContents, ResourceError> {
        let (text, mime_type) = bounded(self.surface.call_timeout, self.find_and_read(context, uri)).await??;
        Ok(ResourceContents::text(text, uri).with_mime_type(mime_type))
    }

    async fn find_and_read(&self, context: &C, uri: &str) -> Result<(String, &'static str), ResourceError> {
        if let Some(resource) = self.surface.resources.iter().find(|resource| resource.uri == uri) {
            return Ok(((resource.read)(context).await?, resource.mime_type));
        }
        for template in &self.surface.templates {
            if let Some(value) = template.value_in(uri) {
                return Ok(((template.read)(context, value).await?, template.mime_type));
            }
        }
        Err(ResourceError::NotFound { hint: self.known_addresses() })
    }

    async fn values_at(&self, context: &C, uri: &str, variable: &str) -> Result<Vec<String>, ErrorData> {
        let template = self.surface.templates.iter().find(|template| template.uri == uri);
        let Some(template) = template.filter(|template| template.variable() == Some(variable)) else {
            let message = format!("nothing to complete at {uri}; {}", self.known_addresses());
            return Err(ErrorData::invalid_params(message, None));
        };
        Ok(bounded(self.surface.call_timeout, async { (template.values)(context).await }).await?)
    }

    async fn values_for(&self, context: &C, prompt: &str, argument: &str) -> Result<Vec<String>, ErrorData> {
        let Some(prompt) = self.surface.prompts.iter().find(|known| known.name == prompt) else {
            return Err(unknown("prompt", prompt, self.surface.prompts.iter().map(|prompt| prompt.name)));
        };
        let values = bounded(self.surface.call_timeout, prompt.values(context, argument)).await?;
        values.ok_or_else(|| {
            let name: String = argument.chars().filter(|c| !c.is_control()).take(128).collect();
            ErrorData::invalid_params(format!("prompt {} has no argument {name:?}", prompt.name), None)
        })
    }

    fn known_addresses(&self) -> String {
        let fixed = self.surface.resources.iter().map(|resource| resource.uri);
        let patterns = self.surface.templates.iter().map(|template| template.uri);
        format!("known are {}", fixed.chain(patterns).collect::<Vec<_>>().join(", "))
    }

    /// Which server spoke, on every result of the revisions that have a place for it.
    fn signature(&self, context: &RequestContext<RoleServer>) -> Option<MetaObject> {
        let modern = context.protocol_version()? >= ProtocolVersion::V_2026_07_28;
        modern.then(|| signed_by(&self.surface.info.server_info))
    }
}

impl<C: Clone + Send + Sync + 'static> ServerHandler for Handler<C> {
    fn get_info(&self) -> ServerConfig {
        self.surface.info.clone()
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(LISTS_KEEP_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        offered::<ListToolsRequestMethod>(self.surface.info.capabilities.tools.is_some())?;
        only_page(request)?;
        let mut result = ListToolsResult::with_all_items(self.surface.tools().cloned().collect())
            .with_ttl_ms(LISTS_KEEP_MS)
            .with_cache_scope(CacheScope::Public);
        result.meta = self.signature(&context);
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<Definition> {
        let tool = self.surface.tools.iter().find(|tool| tool.name == name)?;
        Some(Definition::new_with_raw(tool.name, None, tool.input_schema()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.surface.tools.iter().find(|tool| tool.name == request.name) else {
            return Err(unknown("tool", &request.name, self.surface.tools.iter().map(|tool| tool.name)));
        };
        let started = Instant::now();
        let seen = self.seen(&context.extensions)?;
        let arguments = elicitation::with_answer(request);
        let answered = self.answer(tool, &seen, arguments).await;
        let outcome = answered.as_ref().map_or_else(ToolError::outcome, |_| Outcome::Answered);
        if let Some(trail) = trail(&context.extensions) {
            trail.ended(outcome);
        }
        self.surface.metrics.tool_call(tool.name, outcome, started.elapsed());
        if let Err(error) = &answered
            && let Some(asked) = elicitation::question(error, &context)
        {
            return Ok(asked.into());
        }
        let mut result = answered.unwrap_or_else(|error| {
            log(tool.name, &error);
            error.into()
        });
        result.meta = self.signature(&context);
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        offered::<ListResourcesRequestMethod>(self.surface.info.capabilities.resources.is_some())?;
        only_page(request)?;
        let resources = self.surface.resources.iter().map(|resource| resource.definition.clone()).collect();
        let mut result = ListResourcesResult::with_all_items(resources)
            .with_ttl_ms(LISTS_KEEP_MS)
            .with_cache_scope(CacheScope::Public);
        result.meta = self.signature(&context);
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        offered::<ListResourceTemplatesRequestMethod>(self.surface.info.capabilities.resources.is_some())?;
        only_page(request)?;
        let templates = self.surface.templates.iter().map(|template| template.definition.clone()).collect();
        let mut result = ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(LISTS_KEEP_MS)
            .with_cache_scope(CacheScope::Public);
        result.meta = self.signature(&context);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        offered::<ReadResourceRequestMethod>(self.surface.info.capabilities.resources.is_some())?;
        let seen = self.seen(&context.extensions)?;
        let contents = self.document(&seen, &request.uri).await.map_err(|error| {
            if let Some(trail) = trail(&context.extensions) {
                trail.ended(Outcome::Refused);
            }
            if let ResourceError::Internal(cause) = &error {
                tracing::error!(uri = request.uri, cause = %cause, "resource failed");
            }
            error.at(&request.uri)
        })?;
        let mut result = ReadResourceResult::new(vec![contents])
            .with_ttl_ms(DOCUMENTS_KEEP_MS)
            .with_cache_scope(CacheScope::Private);
        result.meta = self.signature(&context);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        offered::<ListPromptsRequestMethod>(self.surface.info.capabilities.prompts.is_some())?;
        only_page(request)?;
        let mut result = ListPromptsResult::with_all_items(self.surface.prompts().cloned().collect())
            .with_ttl_ms(LISTS_KEEP_MS)
            .with_cache_scope(CacheScope::Public);
        result.meta = self.signature(&context);
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        offered::<GetPromptRequestMethod>(self.surface.info.capabilities.prompts.is_some())?;
        let Some(prompt) = self.surface.prompts.iter().find(|prompt| prompt.name == request.name) else {
            let known = self.surface.prompts.iter().map(|prompt| prompt.name);
            return Err(unknown("prompt", &request.name, known));
        };
        let seen = self.seen(&context.extensions)?;
        let text = self.message(prompt, &seen, request.arguments.unwrap_or_default()).await.map_err(|error| {
            if let Some(trail) = trail(&context.extensions) {
                trail.ended(error.outcome());
            }
            log(prompt.name, &error);
            error.of_a_prompt()
        })?;
        let mut result = GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]);
        result.description = prompt.definition.description.clone();
        result.meta = self.signature(&context);
        Ok(result.into())
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.surface.changes.as_ref().map(|(uri, _)| subscriptions::filter(uri))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let Some((uri, changes)) = &self.surface.changes else { return Ok(()) };
        let parts = context.request_context().extensions.get::<Parts>();
        let caller = parts.map(|parts| parts.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::nobody));
        let eyes = Eyes { handler: self, caller: caller.unwrap_or_else(Caller::local) };
        subscriptions::listen(&context, uri, changes.clone(), eyes).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if context.extensions.get::<Parts>().is_some() {
            return Err(subscriptions::no_stream());
        }
        match &self.surface.changes {
            Some((uri, changes)) if *uri == request.uri => {
                self.subscriptions.begin(uri, context.peer.clone(), changes.clone());
                Ok(())
            }
            other => Err(told(subscriptions::not_offered(&request.uri, other.as_ref().map(|(uri, _)| *uri)))),
        }
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.end(&request.uri);
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        offered::<CompleteRequestMethod>(self.surface.info.capabilities.completions.is_some())?;
        let (seen, argument) = (self.seen(&context.extensions)?, &request.argument.name);
        let values = match &request.r#ref {
            Reference::Resource(reference) => self.values_at(&seen, &reference.uri, argument).await.map_err(told)?,
            Reference::Prompt(reference) => self.values_for(&seen, &reference.name, argument).await.map_err(told)?,
            _ => return Err(ErrorData::invalid_params("ref is a resource or a prompt", None)),
        };
        let mut values = resources::matching(values, &request.argument.value);
        // A name without the secret in it would be no name
        values.retain(|value| matches!(redact(value), Cow::Borrowed(_)));
        let total = values.len();
        values.truncate(CompletionInfo::MAX_VALUES);
        let mut completion = CompletionInfo::default();
        completion.has_more = Some(total > values.len());
        completion.total = u32::try_from(total).ok();
        completion.values = values;
        let mut result = CompleteResult::new(completion);
        result.meta = self.signature(&context);
        Ok(result)
    }

    /// A known method comes here when its parameters do not decode, which is not the same as an unknown one.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        const WITH_PARAMETERS: [&str; 4] = ["tools/call", "resources/read", "prompts/get", "completion/complete"];
        Err(told(match WITH_PARAMETERS.contains(&request.method.as_str()) {
            true => ErrorData::invalid_params(format!("params of {} are missing or malformed", request.method), None),
            false => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None),
        }))
    }
}

/// What one subscriber sees, asked again whenever something changed.
pub(super) struct Eyes<'a, C> {
    handler: &'a Handler<C>,
    caller: Caller,
}

impl<C: Clone + Send + Sync + 'static> Eyes<'_, C> {
    /// The same number as long as there is nothing new for this caller, and none while there is nothing to see yet. Fails
    /// when it may not look any more.
    pub(super) async fn look(&self) -> Result<Option<u64>, Denied> {
        let caller = self.caller.again().await?;
        match (self.handler.surface.views, self.handler.seen_by(&caller)) {
            (Some(views), Ok(seen)) => Ok((views.gist)(&seen).await),
            _ => Ok(None),
        }
    }

    /// Until it is time to see whether the caller may still look; for ever for who needs no asking.
    pub(super) async fn rest(&self) {
        match self.caller.looked_at_every() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => std::future::pending().await,
        }
    }

    /// Whether what may be seen is what it was at first. Fails when nothing may be seen any more.
    pub(super) async fn see_the_same(&self) -> Result<bool, Denied> {
        Ok(self.caller.again().await?.sees() == self.caller.sees())
    }

    /// Whether every change is for this caller to know.
    pub(super) fn see_everything(&self) -> bool {
        !self.caller.is_known() && self.caller.sees().is_everything()
    }
}

fn trail(extensions: &Extensions) -> Option<&Trail> {
    extensions.get::<Parts>()?.extensions.get()
}

/// What was not advertised is not a method of this server.
fn offered<M: ConstString>(offered: bool) -> Result<(), ErrorData> {
    if offered { Ok(()) } else { Err(ErrorData::method_not_found::<M>()) }
}

fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params("unknown cursor: the list has one page", None)),
    }
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str>) -> ErrorData {
    let name: String = outgoing::text(name.to_owned()).chars().filter(|c| !c.is_control()).take(128).collect();
    let known = known.collect::<Vec<_>>().join(", ");
    ErrorData::invalid_params(format!("unknown {what} {name:?}; known are {known}"), None)
}

fn log(tool: &str, error: &ToolError) {
    match error {
        ToolError::Internal(cause) => tracing::error!(tool, cause = %cause, "tool failed"),
        ToolError::TooLong(limit) => tracing::error!(tool, ?limit, "tool took too long"),
        refused => tracing::debug!(tool, reason = %refused, "tool refused"),
    }
}

fn signed_by(server: &Implementation) -> MetaObject {
    let identity = serde_json::to_value(server).unwrap_or(Value::Null);
    MetaObject(JsonObject::from_iter([(SERVER_INFO.to_owned(), identity)]))
}
