//! The token of a request. It is shown to nobody but the API server: not in logs, not in errors, not by `Debug`.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use ring::digest::{SHA256, digest};

use super::Denied;

/// Tokens with many groups in them have a few kilobytes.
const LONGEST: usize = 16 * 1024;

#[derive(Clone)]
pub struct Bearer {
    token: Box<str>,
    digest: Digest,
}

/// SHA-256 of a token, by which caches know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest([u8; 32]);

impl Bearer {
    /// Of the only `Authorization` header there is. Tokens in addresses are not looked for: those end up in logs.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Denied> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), rest) = (values.next(), values.next()) else { return Err(Denied::NoToken) };
        let bad = |words: &str| Denied::BadToken(words.to_owned());
        if rest.is_some() {
            return Err(bad("there are several Authorization headers"));
        }
        let value = value.to_str().map_err(|_| bad("it has characters that no token has"))?;
        let value = value.trim();
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(bad("only the Bearer scheme is understood"));
        }
        Self::new(token.trim())
    }

    pub(super) fn new(token: &str) -> Result<Self, Denied> {
        let bad = |words: &str| Denied::BadToken(words.to_owned());
        if token.is_empty() {
            return Err(Denied::NoToken);
        }
        if token.len() > LONGEST {
            return Err(bad("it is longer than 16 KiB"));
        }
        // RFC 6750
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if !token.bytes().all(plain) {
            return Err(bad("it has characters that no token has"));
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Ok(Self { token: token.into(), digest: Digest(bytes) })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// To ask the API server in the name of who showed it.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.token)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    pub(super) fn digest(&self) -> Digest {
        self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<String, Denied> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        Bearer::of(&headers).map(|bearer| bearer.token().to_owned())
    }

    #[test]
    fn one_plain_bearer_token_is_taken() {
        assert_eq!(of(&["Bearer sha256~a-b_c"]).unwrap(), "sha256~a-b_c");
        assert_eq!(of(&["bearer  x.y.z "]).unwrap(), "x.y.z");
        for none in [&[][..], &["Bearer "], &["Bearer"]] {
            assert_eq!(of(none), Err(Denied::NoToken), "{none:?}");
        }
        let long = format!("Bearer {}", "x".repeat(LONGEST + 1));
        for bad in [&["Basic YTpi"][..], &["Bearer a", "Bearer a"], &["Bearer a b"], &["Bearer ä"], &[&long]] {
            assert!(matches!(of(bad), Err(Denied::BadToken(_))), "{bad:?}");
        }
    }
}
