//! What a registry wants to see when it answers 401: a password, or a token that another server gives for it.

use serde::Deserialize;
use ureq::http::HeaderMap;

use super::{Registry, RegistryError, Request, credentials, text};

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

/// The value of `Authorization` that answers the registry's challenge.
pub(super) fn authorize(
    registry: &Registry,
    request: &Request<'_>,
    headers: &HeaderMap,
) -> Result<String, RegistryError> {
    let host = registry.repository.registry().to_owned();
    let denied = || RegistryError::Denied { registry: host, what: request.what.clone() };
    let known = credentials::basic(&registry.repository)?.map(|basic| format!("Basic {basic}"));
    let challenge = text(headers, "www-authenticate").unwrap_or_default();
    match challenge.split_once(' ') {
        Some((scheme, parameters)) if scheme.eq_ignore_ascii_case("bearer") => {
            let url = address(parameters, registry.repository.name()).ok_or_else(denied)?;
            fetch(registry, &url, known)
        }
        _ => known.ok_or_else(denied),
    }
}

fn fetch(registry: &Registry, url: &str, known: Option<String>) -> Result<String, RegistryError> {
    let mut request = registry.agent.get(url);
    if let Some(known) = known {
        request = request.header("authorization", known);
    }
    let what = "get a token";
    let mut answer = request.call().map_err(|source| registry.transport(source))?;
    match answer.status().as_u16() {
        200 => {}
        401 | 403 => {
            let registry = registry.repository.registry().to_owned();
            return Err(RegistryError::Denied { registry, what: what.to_owned() });
        }
        status => return Err(RegistryError::Status { what: what.to_owned(), status, reason: super::reason(answer) }),
    }
    let body = answer.body_mut().read_to_vec().map_err(|source| registry.transport(source))?;
    let token: Token =
        serde_json::from_slice(&body).map_err(|_| RegistryError::Answer { what: what.to_owned(), field: "token" })?;
    Ok(format!("Bearer {}", token.token))
}

/// `realm="https://…",service="…"`, for reading and writing this repository.
fn address(parameters: &str, name: &str) -> Option<String> {
    let parameter = |wanted: &str| {
        let start = parameters.find(&format!("{wanted}=\""))? + wanted.len() + 2;
        parameters[start..].split('"').next()
    };
    let realm = parameter("realm")?;
    let separator = if realm.contains('?') { '&' } else { '?' };
    let service = parameter("service").map(|service| format!("service={}&", escape(service))).unwrap_or_default();
    Some(format!("{realm}{separator}{service}scope=repository:{name}:pull,push"))
}

/// Enough for names of services: hosts, sometimes with blanks.
fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'/' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for_where_the_registry_says() {
        let challenge = r#"realm="https://quay.io/v2/auth",service="quay.io",scope="repository:a/b:pull""#;
        assert_eq!(
            address(challenge, "a/b").unwrap(),
            "https://quay.io/v2/auth?service=quay.io&scope=repository:a/b:pull,push"
        );
        assert_eq!(
            address(r#"realm="http://127.0.0.1/token?x=1",service="my registry""#, "a").unwrap(),
            "http://127.0.0.1/token?x=1&service=my%20registry&scope=repository:a:pull,push"
        );
        assert_eq!(address("service=\"x\"", "a"), None);
    }
}
