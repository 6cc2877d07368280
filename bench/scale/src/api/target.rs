//! What a path names.

use crate::resources::{self, Resource};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// `/version`, `/livez` and the like; `/api`, `/apis`, `/apis/apps`, `/apis/apps/v1`.
    Root(&'a str),
    Review(&'a str),
    Collection {
        resource: &'static Resource,
        namespace: Option<&'a str>,
    },
    Object {
        resource: &'static Resource,
        namespace: &'a str,
        name: &'a str,
    },
    /// Of a pod.
    Log {
        resource: &'static Resource,
        namespace: &'a str,
        name: &'a str,
    },
    Nothing,
}

pub(super) fn target(path: &str) -> Target<'_> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => return Target::Root(path),
    };
    if let [review @ ("selfsubjectaccessreviews" | "selfsubjectrulesreviews" | "selfsubjectreviews")] = rest {
        return Target::Review(review);
    }
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        _ => (None, rest),
    };
    let found = rest.first().and_then(|plural| resources::find(group, plural));
    let Some(resource) = found.filter(|resource| resource.version == version) else { return Target::Nothing };
    match rest {
        [_] => Target::Collection { resource, namespace },
        [_, name] => Target::Object { resource, namespace: namespace.unwrap_or_default(), name },
        ["pods", name, "log"] => Target::Log { resource, namespace: namespace.unwrap_or_default(), name },
        _ => Target::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_collections_and_objects() {
        let pods = resources::by_plural("pods").unwrap();
        let namespaces = resources::by_plural("namespaces").unwrap();
        for (path, expected) in [
            ("/api/v1/pods", Target::Collection { resource: pods, namespace: None }),
            ("/api/v1/namespaces/a/pods", Target::Collection { resource: pods, namespace: Some("a") }),
            ("/api/v1/namespaces", Target::Collection { resource: namespaces, namespace: None }),
            ("/api/v1/namespaces/a", Target::Object { resource: namespaces, namespace: "", name: "a" }),
            ("/api/v1/namespaces/a/pods/b", Target::Object { resource: pods, namespace: "a", name: "b" }),
            ("/api/v1/namespaces/a/pods/b/log", Target::Log { resource: pods, namespace: "a", name: "b" }),
            ("/apis/apps/v2/deployments", Target::Nothing),
            ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Target::Review("selfsubjectaccessreviews")),
            ("/apis/apps/v1", Target::Root("/apis/apps/v1")),
            ("/api", Target::Root("/api")),
        ] {
            assert_eq!(target(path), expected, "{path}");
        }
    }
}
