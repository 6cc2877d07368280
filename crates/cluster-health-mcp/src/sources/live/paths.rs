//! The addresses of what is asked for. Every request the source makes for state is one of these.

use std::time::Duration;

use cluster_health::model::Kind;

use super::place::Place;

/// Objects a page. A limit is only kept to when no `resourceVersion=0` stands beside it.
pub(super) const PAGE: u32 = 500;

/// Of the version of a group that the kind is read in.
pub(super) fn group(kind: Kind) -> String {
    match kind.group() {
        "" => format!("/api/{}", kind.version()),
        group => format!("/apis/{group}/{}", kind.version()),
    }
}

fn all(place: &Place) -> String {
    let (group, plural) = (group(place.kind), place.kind.plural());
    match &place.namespace {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{plural}"),
        None => format!("{group}/{plural}"),
    }
}

/// A page of a list as of now, or the one that `next` names. Without `paged`, the whole list.
pub(super) fn list(place: &Place, next: &str, paged: bool) -> String {
    let limit = if paged { format!("limit={PAGE}") } else { String::new() };
    let next = if next.is_empty() { String::new() } else { format!("&continue={}", escaped(next)) };
    format!("{}?{limit}{next}", all(place))
}

/// A list as a stream that then goes on as a watch.
pub(super) fn stream(place: &Place, length: Duration) -> String {
    format!(
        "{}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds={}",
        all(place),
        length.as_secs().max(1)
    )
}

/// What comes after a version.
pub(super) fn watch(place: &Place, version: &str, length: Duration) -> String {
    format!(
        "{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
        all(place),
        escaped(version),
        length.as_secs().max(1)
    )
}

/// Percent-encoded as part of a query.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::live::place::Namespaces;

    fn everywhere(kind: Kind) -> Place {
        Namespaces::everywhere(kind)
    }

    #[test]
    fn addresses_are_those_of_the_api() {
        assert_eq!(list(&everywhere(Kind::Pod), "", true), "/api/v1/pods?limit=500");
        assert_eq!(
            list(&everywhere(Kind::Deployment), "a/b=", true),
            "/apis/apps/v1/deployments?limit=500&continue=a%2Fb%3D"
        );
        assert!(stream(&everywhere(Kind::Node), Duration::from_secs(300)).ends_with("&timeoutSeconds=300"));
        assert!(watch(&everywhere(Kind::Node), "17", Duration::from_secs(300)).contains("&resourceVersion=17&"));
        let within = Namespaces::chosen(&["shop".to_owned()]).each(Kind::Deployment).next().unwrap();
        assert_eq!(list(&within, "", true), "/apis/apps/v1/namespaces/shop/deployments?limit=500");
    }

    #[test]
    fn no_list_is_limited_at_resource_version_zero() {
        for &kind in Kind::ALL {
            let place = everywhere(kind);
            for address in [list(&place, "", true), list(&place, "x", true), stream(&place, Duration::from_secs(1))] {
                assert!(!address.contains("resourceVersion="), "{address}");
            }
        }
    }
}
