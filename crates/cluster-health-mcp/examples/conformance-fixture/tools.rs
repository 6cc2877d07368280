//! Tools that answer at once, or after some notifications.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ContentBlock, JsonObject, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::content::{SILENCE, embedded, pixel};
use crate::handler::{Changed, Fixture, is_modern};

/// Long enough for a client to see notifications one by one.
const PAUSE: Duration = Duration::from_millis(50);

const WITHOUT_ARGUMENTS: [&str; 22] = [
    "test_audio_content",
    "test_embedded_resource",
    "test_error_handling",
    "test_image_content",
    "test_input_required_result_capabilities",
    "test_input_required_result_elicitation",
    "test_input_required_result_list_roots",
    "test_input_required_result_multi_round",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_request_state",
    "test_input_required_result_sampling",
    "test_input_required_result_tampered_state",
    "test_logging_tool",
    "test_missing_capability",
    "test_multiple_content_types",
    "test_simple_text",
    "test_streaming_elicitation",
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_trigger_prompt_change",
    "test_trigger_tool_change",
    "test_reconnection",
];

pub(crate) fn all() -> Vec<Tool> {
    let nothing = object(&json!({"type": "object", "properties": {}}));
    let mut tools: Vec<Tool> = WITHOUT_ARGUMENTS
        .iter()
        .map(|name| Tool::new(*name, format!("Conformance fixture {name}"), nothing.clone()))
        .collect();
    tools.push(Tool::new("json_schema_2020_12_tool", "A schema with every keyword", object(&every_keyword())));
    tools.push(Tool::new("test_custom_headers", "An argument that a header repeats", object(&mirrored())));
    tools
}

/// Keywords that have to reach clients untouched.
fn every_keyword() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
        }},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"}
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false
    })
}

fn mirrored() -> Value {
    json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}})
}

fn object(value: &Value) -> JsonObject {
    value.as_object().cloned().expect("an object")
}

pub(crate) async fn call(
    fixture: &Fixture,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let content = match request.name.as_ref() {
        "test_simple_text" => vec![ContentBlock::text("This is a simple text response for testing.")],
        "test_image_content" => vec![pixel()],
        "test_audio_content" => vec![ContentBlock::audio(SILENCE, "audio/wav")],
        "test_embedded_resource" => {
            vec![embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
        }
        "test_multiple_content_types" => vec![
            ContentBlock::text("Multiple content types test:"),
            pixel(),
            embedded("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ],
        "test_error_handling" => {
            let text = ContentBlock::text("This tool intentionally returns an error for testing");
            return Ok(CallToolResult::error(vec![text]));
        }
        "test_missing_capability" => return needs_sampling(context),
        "test_tool_with_logging" | "test_logging_tool" => logged(context).await,
        "test_tool_with_progress" => progressed(context).await,
        "test_trigger_tool_change" => changed(fixture, Changed::Tools),
        "test_trigger_prompt_change" => changed(fixture, Changed::Prompts),
        "test_streaming_elicitation" | "test_custom_headers" | "json_schema_2020_12_tool" | "test_reconnection" => {
            vec![ContentBlock::text("done")]
        }
        unknown => return Err(ErrorData::invalid_params(format!("unknown tool {unknown}"), None)),
    };
    Ok(CallToolResult::success(content))
}

fn needs_sampling(context: &RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
    if context.client_capabilities().is_some_and(|capabilities| capabilities.sampling.is_some()) {
        return Ok(CallToolResult::success(vec![ContentBlock::text("sampling is declared")]));
    }
    let mut required = ClientCapabilities::default();
    required.sampling = Some(Default::default());
    Err(ErrorData::missing_required_client_capability(required))
}

/// Clients of the newest revision get log messages only for the requests that ask for them.
async fn logged(context: &RequestContext<RoleServer>) -> Vec<ContentBlock> {
    let wanted = !is_modern(context) || context.meta.log_level().is_some();
    for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        if wanted {
            let params = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(message));
            let _ = context.peer.notify_logging_message(params).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    vec![ContentBlock::text("three log messages")]
}

async fn progressed(context: &RequestContext<RoleServer>) -> Vec<ContentBlock> {
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let params = ProgressNotificationParam::new(token, progress).with_total(100.0);
            let _ = context.peer.notify_progress(params).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    vec![ContentBlock::text("three steps")]
}

fn changed(fixture: &Fixture, what: Changed) -> Vec<ContentBlock> {
    // Nobody listening is fine
    let _ = fixture.changes.send(what);
    vec![ContentBlock::text("subscribers were told")]
}
