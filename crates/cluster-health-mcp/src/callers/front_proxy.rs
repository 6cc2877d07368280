//! Callers whom a proxy in front of the server names, by the rules of the API server's request-header authentication: the
//! proxy shows a certificate whose name is on a list, and says in headers who asks. Whoever shows no such certificate can
//! write the same headers, so theirs are not even looked at.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};

use super::{Denied, Identity, Sender};

/// Every caller who said who they are.
const KNOWN: &str = "system:authenticated";
/// What an API server calls who said nothing.
const ANONYMOUS: &str = "system:anonymous";

#[derive(Debug, Clone)]
pub struct FrontProxy {
    /// Common names of the certificates that are believed.
    pub names: Vec<String>,
    /// The first that is there names the user.
    pub users: Vec<HeaderName>,
    /// Each value of each is a group.
    pub groups: Vec<HeaderName>,
    /// A header that begins so holds a value of the extra that the rest of its name names.
    pub extra_prefix: String,
}

/// What a proxy vouched for.
#[derive(Debug, Clone)]
pub(super) struct Vouched {
    pub(super) who: Identity,
    /// The name in the proxy's certificate.
    pub(super) by: Arc<str>,
}

impl FrontProxy {
    /// Nothing where no proxy speaks, or it says nothing about a user: there may be a token.
    pub(super) fn vouches(&self, headers: &HeaderMap, sender: &Sender) -> Result<Option<Vouched>, Denied> {
        let by = sender.certificate.as_ref().filter(|name| self.names.iter().any(|known| **known == ***name));
        let Some(by) = by else { return Ok(None) };
        let Some(user) = self.user(headers)? else { return Ok(None) };
        if user == ANONYMOUS {
            return Err(Denied::NoToken);
        }
        let mut who = Identity { user, ..Identity::default() };
        for name in &self.groups {
            who.groups.extend(texts(headers, name)?.into_iter().filter(|group| !group.is_empty()));
        }
        if !who.groups.iter().any(|group| group == KNOWN) {
            who.groups.push(KNOWN.to_owned());
        }
        for name in headers.keys() {
            if let Some(key) = name.as_str().strip_prefix(&*self.extra_prefix).filter(|key| !key.is_empty()) {
                who.extra.entry(unescaped(key)).or_default().extend(texts(headers, name)?);
            }
        }
        Ok(Some(Vouched { who, by: by.clone() }))
    }

    fn user(&self, headers: &HeaderMap) -> Result<Option<String>, Denied> {
        for name in &self.users {
            let mut values = texts(headers, name)?.into_iter();
            match (values.next().filter(|user| !user.is_empty()), values.next()) {
                // One from the proxy and one that it let through?
                (_, Some(_)) => return Err(bad(name, "is there several times")),
                (Some(user), None) => return Ok(Some(user)),
                (None, None) => {}
            }
        }
        Ok(None)
    }
}

fn texts(headers: &HeaderMap, name: &HeaderName) -> Result<Vec<String>, Denied> {
    let text = |value: &axum::http::HeaderValue| value.to_str().map(|text| text.trim().to_owned());
    headers.get_all(name).iter().map(text).collect::<Result<_, _>>().map_err(|_| bad(name, "is no plain text"))
}

fn bad(name: &HeaderName, what: &str) -> Denied {
    Denied::BadHeaders(format!("the header {name} {what}"))
}

/// Names of extras may have characters that names of headers cannot: those come as `%2f`. What is no such escape stays.
fn unescaped(key: &str) -> String {
    let byte = |text: &str| text.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let (mut bytes, mut rest) = (Vec::new(), key);
    while let Some(at) = rest.find('%') {
        let Some(escaped) = byte(&rest[at..]) else { return key.to_owned() };
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(escaped);
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy() -> FrontProxy {
        FrontProxy {
            names: vec!["front-proxy".to_owned()],
            users: vec![HeaderName::from_static("x-remote-user"), HeaderName::from_static("x-user")],
            groups: vec![HeaderName::from_static("x-remote-group")],
            extra_prefix: "x-remote-extra-".to_owned(),
        }
    }

    fn told(by: Option<&str>, lines: &[(&'static str, &'static str)]) -> Result<Option<Identity>, Denied> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let address = std::net::IpAddr::from([10, 0, 0, 1]);
        let sender = Sender { address, certificate: by.map(Arc::from) };
        proxy().vouches(&headers, &sender).map(|vouched| vouched.map(|vouched| vouched.who))
    }

    #[test]
    fn a_user_with_groups_and_extras_is_read_as_the_api_server_reads_it() {
        let lines = [
            ("x-remote-user", "ann"),
            ("x-remote-group", "devs"),
            ("x-remote-group", "web"),
            ("x-remote-extra-scopes.authorization.openshift.io", "user:info"),
            ("x-remote-extra-acme.com%2fproject", "a"),
            ("x-remote-extra-acme.com%2fproject", "b"),
            ("x-remote-extra-odd%zz", "c"),
        ];
        let who = told(Some("front-proxy"), &lines).unwrap().unwrap();
        assert_eq!((&*who.user, who.groups), ("ann", vec!["devs".into(), "web".into(), KNOWN.to_owned()]));
        let extra: Vec<_> = who.extra.iter().map(|(key, values)| (&**key, values.join(","))).collect();
        let expected =
            [("acme.com/project", "a,b"), ("odd%zz", "c"), ("scopes.authorization.openshift.io", "user:info")];
        assert_eq!(extra, expected.map(|(key, values)| (key, values.to_owned())));
        assert_eq!(told(Some("front-proxy"), &[("x-user", "ben")]).unwrap().unwrap().user, "ben");
    }

    #[test]
    fn nobody_else_is_listened_to() {
        let lines = [("x-remote-user", "admin"), ("x-remote-group", "system:masters")];
        for by in [None, Some("other"), Some("Front-Proxy"), Some("")] {
            assert_eq!(told(by, &lines), Ok(None), "{by:?}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let by = Some("front-proxy");
        assert_eq!(told(by, &[]), Ok(None));
        assert_eq!(told(by, &[("x-remote-user", ""), ("x-remote-group", "devs")]), Ok(None));
        assert_eq!(told(by, &[("x-remote-user", "system:anonymous")]), Err(Denied::NoToken));
        let twice = told(by, &[("x-remote-user", "ann"), ("x-remote-user", "admin")]).unwrap_err();
        assert!(twice.to_string().contains("x-remote-user is there several times"), "{twice}");
        assert!(matches!(told(by, &[("x-remote-user", "\u{e4}")]), Err(Denied::BadHeaders(_))));
    }
}
