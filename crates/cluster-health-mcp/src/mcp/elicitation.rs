//! Asking the person at the other end before something is changed, where their client can: the answer to the call is a
//! question, and the call comes again with the person's answer.

use rmcp::RoleServer;
use rmcp::model::{CallToolRequestParams, InputRequests, InputRequiredResult, JsonObject, ProtocolVersion};
use rmcp::service::RequestContext;
use serde_json::{Value, json};

use super::error::ToolError;
use crate::remediation::ELICITED;

const QUESTION: &str = "agree";
const ARGUMENT: &str = "confirmation";

/// The question, if this is about one and the client says that it can ask.
pub(super) fn question(error: &ToolError, context: &RequestContext<RoleServer>) -> Option<InputRequiredResult> {
    let ToolError::Unconfirmed { intent, by_person, .. } = error else { return None };
    let modern = context.protocol_version()? >= ProtocolVersion::V_2026_07_28;
    let can_ask = context.client_capabilities().is_some_and(|declared| declared.elicitation.is_some());
    (modern && can_ask).then(|| asked(intent, by_person)).flatten()
}

fn asked(intent: &str, by_person: &str) -> Option<InputRequiredResult> {
    let properties = json!({QUESTION: {"type": "boolean", "title": "Do it", "default": false}});
    let schema = json!({"type": "object", "properties": properties, "required": [QUESTION]});
    let params = json!({"message": format!("This {intent}. Do it?"), "requestedSchema": schema});
    let requests = json!({QUESTION: {"method": "elicitation/create", "params": params}});
    let requests: InputRequests = serde_json::from_value(requests).ok()?;
    Some(InputRequiredResult::new(Some(requests), Some(by_person.to_owned())))
}

/// The arguments, with the confirmation of a person who said yes. An argument never passes for one.
pub(super) fn with_answer(request: CallToolRequestParams) -> JsonObject {
    let mut arguments = request.arguments.unwrap_or_default();
    if let Some(Value::String(given)) = arguments.get_mut(ARGUMENT) {
        *given = given.trim_start_matches(ELICITED).to_owned();
    }
    let answers = request.input_responses.and_then(|answers| serde_json::to_value(answers).ok()).unwrap_or_default();
    let answer = &answers[QUESTION];
    let agreed = answer["action"] == "accept" && answer["content"][QUESTION] == true;
    if let Some(state) = request.request_state.filter(|_| agreed) {
        arguments.insert(ARGUMENT.to_owned(), Value::String(format!("{ELICITED}{state}")));
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value: Value) -> CallToolRequestParams {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_a_persons_yes_becomes_a_persons_confirmation() {
        let answered = |action: &str, agree: bool| {
            let answer = json!({"action": action, "content": {"agree": agree}});
            request(json!({"name": "x", "inputResponses": {"agree": answer}, "requestState": "c1-1"}))
        };
        assert_eq!(with_answer(answered("accept", true))["confirmation"], "!c1-1");
        assert!(with_answer(answered("accept", false)).is_empty());
        assert!(with_answer(answered("decline", true)).is_empty());
        let pretended = request(json!({"name": "x", "arguments": {"confirmation": "!!c1-1"}}));
        assert_eq!(with_answer(pretended)["confirmation"], "c1-1");
    }

    #[test]
    fn the_question_says_what_will_be_done() {
        let asked = serde_json::to_value(asked("restarts web", "c1-1").unwrap()).unwrap();
        assert_eq!(asked["requestState"], "c1-1");
        assert_eq!(asked["inputRequests"]["agree"]["params"]["message"], "This restarts web. Do it?");
    }
}
