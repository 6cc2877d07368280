//! Access reviews: what the caller may do, as [`Behaviour`] says.

use serde_json::{Value, json};

use super::behaviour::Behaviour;
use crate::resources;

pub(super) fn review(which: &str, mut body: Value, behaviour: &Behaviour) -> Value {
    body["status"] = match which {
        "selfsubjectaccessreviews" => access(&body, behaviour),
        "selfsubjectrulesreviews" => rules(behaviour),
        _ => json!({"userInfo": {"username": "fake", "groups": ["system:authenticated"]}}),
    };
    body
}

fn access(body: &Value, behaviour: &Behaviour) -> Value {
    let asked = &body["spec"]["resourceAttributes"];
    let part = |name: &str| asked[name].as_str().unwrap_or_default();
    let resource = match part("subresource") {
        "" => part("resource").to_owned(),
        subresource => format!("{}/{subresource}", part("resource")),
    };
    // Whoever may not read one resource may not read all of them
    let allowed = match resource.as_str() {
        "*" => behaviour.forbidden.is_empty(),
        resource => !behaviour.forbidden.contains(resource),
    };
    json!({"allowed": allowed, "reason": if allowed { "the fake allows it" } else { "the fake forbids it" }})
}

fn rules(behaviour: &Behaviour) -> Value {
    let allowed = resources::ALL.iter().filter(|resource| !behaviour.forbidden.contains(resource.plural));
    let rule = |resource: &resources::Resource| json!({"verbs": ["get", "list", "watch"], "apiGroups": [resource.group], "resources": [resource.plural]});
    json!({"resourceRules": allowed.map(rule).collect::<Vec<_>>(), "nonResourceRules": [], "incomplete": false})
}
