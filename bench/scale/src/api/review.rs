//! Access reviews: what the caller may do, as [`Behaviour`] says.

use serde_json::{Value, json};

use super::behaviour::Behaviour;
use crate::resources;

/// The review with its status filled in; `None` when the body is neither JSON nor protobuf.
pub(super) fn review(which: &str, body: &[u8], behaviour: &Behaviour) -> Option<Value> {
    let mut body = serde_json::from_slice(body).ok().or_else(|| from_protobuf(body))?;
    body["status"] = match which {
        "selfsubjectaccessreviews" => access(&body, behaviour),
        "selfsubjectrulesreviews" => rules(behaviour),
        _ => json!({"userInfo": {"username": "fake", "groups": ["system:authenticated"]}}),
    };
    Some(body)
}

/// Go clients post protobuf. Of it only the resource is looked for: field 5 of the resource attributes.
fn from_protobuf(body: &[u8]) -> Option<Value> {
    const RESOURCE: u8 = 5 << 3 | 2;
    let body = body.strip_prefix(b"k8s\0")?;
    let names = |plural: &str| {
        let field = [&[RESOURCE, plural.len() as u8], plural.as_bytes()].concat();
        body.windows(field.len()).any(|window| window == field)
    };
    let resource = resources::ALL.iter().map(|resource| resource.plural).find(|plural| names(plural));
    Some(json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {},
                "spec": {"resourceAttributes": {"resource": resource.unwrap_or_default()}}}))
}

fn access(body: &Value, behaviour: &Behaviour) -> Value {
    let asked = &body["spec"]["resourceAttributes"];
    let part = |name: &str| asked[name].as_str().unwrap_or_default();
    let resource = match part("subresource") {
        "" => part("resource").to_owned(),
        subresource => format!("{}/{subresource}", part("resource")),
    };
    let namespace = Some(part("namespace")).filter(|namespace| !namespace.is_empty());
    // Whoever may not read one resource may not read all of them
    let allowed = match resource.as_str() {
        "*" => behaviour.forbidden.is_empty() && behaviour.only_in.is_none(),
        resource => !behaviour.forbids(part("verb"), resource, namespace),
    };
    json!({"allowed": allowed, "reason": if allowed { "the fake allows it" } else { "the fake forbids it" }})
}

fn rules(behaviour: &Behaviour) -> Value {
    let allowed = resources::ALL.iter().filter(|resource| !behaviour.forbidden.contains(resource.plural));
    let rule = |resource: &resources::Resource| json!({"verbs": ["get", "list", "watch"], "apiGroups": [resource.group], "resources": [resource.plural]});
    json!({"resourceRules": allowed.map(rule).collect::<Vec<_>>(), "nonResourceRules": [], "incomplete": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_in_protobuf_is_understood() {
        let behaviour = Behaviour { forbidden: ["nodes".to_owned()].into(), ..Behaviour::default() };
        let allowed = |body: &[u8]| {
            review("selfsubjectaccessreviews", body, &behaviour).map(|body| body["status"]["allowed"].clone())
        };
        assert_eq!(allowed(b"k8s\0\x1a\x00\x2a\x04pods2\x00"), Some(true.into()));
        assert_eq!(allowed(b"k8s\0\x1a\x00\x2a\x05nodes2\x00"), Some(false.into()));
        assert_eq!(allowed(b"neither"), None);
    }
}
