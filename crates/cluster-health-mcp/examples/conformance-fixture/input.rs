//! Tools that need something from the client first: they answer with what they need, and are called again with it.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, InputRequests, InputRequiredResult,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::handler::Fixture;

pub(crate) fn call(
    fixture: &Fixture,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let kind = request.name.strip_prefix("test_input_required_result_").unwrap_or_default();
    match kind {
        "elicitation" => Ok(ask_once(request, json!({"user_name": name("What is your name?")}), None)),
        "sampling" => {
            Ok(ask_once(request, json!({"capital_question": sampling("What is the capital of France?", 100)}), None))
        }
        "list_roots" => Ok(ask_once(request, json!({"client_roots": roots()}), None)),
        "capabilities" => Ok(ask_once(request, within_capabilities(context), None)),
        "multiple_inputs" => {
            let inputs = json!({
                "user_name": name("What is your name?"),
                "greeting": sampling("Generate a greeting", 50),
                "client_roots": roots()
            });
            sealed(fixture, request)?;
            Ok(ask_once(request, inputs, Some(fixture.seal.seal(b"multiple"))))
        }
        "request_state" | "tampered_state" => {
            sealed(fixture, request)?;
            let confirm = elicitation("Please confirm", "ok", "boolean");
            Ok(ask_once(request, json!({"confirm": confirm}), Some(fixture.seal.seal(b"confirm"))))
        }
        "multi_round" => rounds(fixture, request),
        _ => Err(ErrorData::invalid_params("unknown tool", None)),
    }
}

/// What the state that came back says; nothing came back on a first call.
fn sealed(fixture: &Fixture, request: &CallToolRequestParams) -> Result<Option<Vec<u8>>, ErrorData> {
    let open = |state: &String| fixture.seal.open(state);
    request
        .request_state
        .as_ref()
        .map(open)
        .transpose()
        .map_err(|_| ErrorData::invalid_params("requestState did not come from this server", None))
}

fn rounds(fixture: &Fixture, request: &CallToolRequestParams) -> Result<CallToolResponse, ErrorData> {
    let first = json!({"step1": name("Step 1: What is your name?")});
    let second = json!({"step2": elicitation("Step 2: What is your favorite color?", "color", "string")});
    Ok(match sealed(fixture, request)?.as_deref() {
        Some(b"asked for the color") => ask_once(request, second, Some(fixture.seal.seal(b"asked for the color"))),
        Some(_) if answered(request, &first) => ask(second, Some(fixture.seal.seal(b"asked for the color"))),
        _ => ask(first, Some(fixture.seal.seal(b"asked for the name"))),
    })
}

/// Asks until every input is there, then completes.
fn ask_once(request: &CallToolRequestParams, inputs: Value, state: Option<String>) -> CallToolResponse {
    if answered(request, &inputs) {
        let given = request.input_responses.as_ref().map(|given| json!(given)).unwrap_or_default();
        return CallToolResult::success(vec![ContentBlock::text(format!("state-ok, given {given}"))]).into();
    }
    ask(inputs, state)
}

/// Whether each input was answered with an object; other keys are not ours to judge.
fn answered(request: &CallToolRequestParams, inputs: &Value) -> bool {
    let Some(responses) = &request.input_responses else { return false };
    let wanted = inputs.as_object().expect("an object of inputs");
    wanted.keys().all(|key| responses.get(key).is_some_and(Value::is_object))
}

fn ask(inputs: Value, state: Option<String>) -> CallToolResponse {
    required(inputs, state).into()
}

pub(crate) fn required(inputs: Value, state: Option<String>) -> InputRequiredResult {
    let inputs: InputRequests = serde_json::from_value(inputs).expect("input requests");
    InputRequiredResult::new(Some(inputs), state)
}

/// Only what the client says it can do.
fn within_capabilities(context: &RequestContext<RoleServer>) -> Value {
    let declared = context.client_capabilities().unwrap_or_default();
    let mut inputs = serde_json::Map::new();
    if declared.elicitation.is_some() {
        inputs.insert("user_name".to_owned(), name("What is your name?"));
    }
    if declared.sampling.is_some() {
        inputs.insert("greeting".to_owned(), sampling("Generate a greeting", 50));
    }
    if declared.roots.is_some() {
        inputs.insert("client_roots".to_owned(), roots());
    }
    Value::Object(inputs)
}

pub(crate) fn elicitation(message: &str, field: &str, kind: &str) -> Value {
    json!({"method": "elicitation/create", "params": {
        "message": message,
        "requestedSchema": {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    }})
}

fn name(message: &str) -> Value {
    elicitation(message, "name", "string")
}

fn sampling(question: &str, tokens: u32) -> Value {
    json!({"method": "sampling/createMessage", "params": {
        "messages": [{"role": "user", "content": {"type": "text", "text": question}}],
        "maxTokens": tokens
    }})
}

fn roots() -> Value {
    json!({"method": "roots/list", "params": {}})
}
