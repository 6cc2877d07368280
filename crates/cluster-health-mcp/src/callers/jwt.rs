//! What a JSON Web Token says about itself, before anybody has checked it: good for nothing but to be more careful.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    exp: Option<u64>,
}

/// When it says that it ends; nothing for tokens of another form.
pub(super) fn claimed_end(token: &str) -> Option<SystemTime> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(claims.exp?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_where_there_is_one() {
        let token = format!("a.{}.c", URL_SAFE_NO_PAD.encode(r#"{"exp":17,"sub":"x"}"#));
        assert_eq!(claimed_end(&token), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(17)));
        for other in ["sha256~abc", "a.b.c", "a.b", "a.b.c.d", ""] {
            assert_eq!(claimed_end(other), None, "{other}");
        }
    }
}
