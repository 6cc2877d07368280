//! Prompts, plain and with arguments.

use rmcp::ErrorData;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt, PromptArgument, PromptMessage,
    Role,
};
use serde_json::{Value, json};

use crate::content::{embedded, pixel};
use crate::input;

pub(crate) fn all() -> Vec<Prompt> {
    let argument = |name: &str| PromptArgument::new(name).with_description(name).with_required(true);
    let prompt = |name: &str, arguments: Option<Vec<PromptArgument>>| {
        Prompt::new(name, Some(format!("Conformance fixture {name}")), arguments)
    };
    vec![
        prompt("test_input_required_result_prompt", None),
        prompt("test_prompt_with_arguments", Some(vec![argument("arg1"), argument("arg2")])),
        prompt("test_prompt_with_embedded_resource", Some(vec![argument("resourceUri")])),
        prompt("test_prompt_with_image", None),
        prompt("test_simple_prompt", None),
    ]
}

pub(crate) fn get(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let given = request.arguments.as_ref().and_then(|arguments| arguments.get(name)).and_then(Value::as_str);
        given.ok_or_else(|| ErrorData::invalid_params(format!("missing argument {name}"), None))
    };
    let content = match request.name.as_str() {
        "test_simple_prompt" => vec![ContentBlock::text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (argument("arg1")?, argument("arg2")?);
            vec![ContentBlock::text(format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => vec![
            embedded(argument("resourceUri")?, "text/plain", "Embedded resource content for testing."),
            ContentBlock::text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![pixel(), ContentBlock::text("Please analyze the image above.")],
        "test_input_required_result_prompt" => return Ok(with_context(request)),
        unknown => return Err(ErrorData::invalid_params(format!("unknown prompt {unknown}"), None)),
    };
    Ok(messages(content).into())
}

fn with_context(request: &GetPromptRequestParams) -> GetPromptResponse {
    let given = request.input_responses.as_ref().and_then(|responses| responses.get("user_context"));
    match given.filter(|given| given.is_object()) {
        Some(given) => messages(vec![ContentBlock::text(format!("Context: {given}"))]).into(),
        None => {
            let question = input::elicitation("What context should the prompt use?", "context", "string");
            input::required(json!({"user_context": question}), None).into()
        }
    }
}

fn messages(content: Vec<ContentBlock>) -> GetPromptResult {
    GetPromptResult::new(content.into_iter().map(|block| PromptMessage::new(Role::User, block)).collect())
}
