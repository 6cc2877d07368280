//! The two questions that only the API server can answer: whose token is this, and what may they do?

use cluster_health::model::Kind;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::Identity;

/// Nobody answered, or not with an answer. The words are ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

/// Who answers them.
pub trait Reviews: Send + Sync {
    /// Whose token it is; nothing when it is nobody's, or not for any of the audiences. Without audiences it has to be
    /// for the API server.
    fn token<'a>(&'a self, token: &'a str, audiences: &'a [String]) -> BoxFuture<'a, Result<Option<Identity>, Away>>;

    fn access<'a>(&'a self, who: &'a Identity, right: &'a Right) -> BoxFuture<'a, Result<bool, Away>>;
}

/// One thing to do to one sort of object, or to a path. Written as in a SubjectAccessReview.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Right {
    #[serde(rename = "resourceAttributes")]
    Object(ObjectRight),
    #[serde(rename = "nonResourceAttributes")]
    Path { path: String, verb: String },
}

/// As a SubjectAccessReview takes it. What is empty means all, as it does there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct ObjectRight {
    pub verb: String,
    pub group: String,
    pub version: String,
    pub resource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl Right {
    /// To see all objects of a kind, in a namespace if one is given.
    pub(crate) fn list(kind: Kind, namespace: &str) -> Self {
        Self::Object(ObjectRight { namespace: namespace.to_owned(), ..of(kind, "list") })
    }

    /// To see that a namespace exists. The API takes a namespace to be inside of itself.
    pub(super) fn get_namespace(name: &str) -> Self {
        let (namespace, name) = (name.to_owned(), name.to_owned());
        Self::Object(ObjectRight { namespace, name, ..of(Kind::Namespace, "get") })
    }

    /// To do something to any object of a kind in a namespace, or in all where none is given.
    pub(crate) fn change(verb: &str, kind: Kind, namespace: &str) -> Self {
        Self::Object(ObjectRight { namespace: namespace.to_owned(), ..of(kind, verb) })
    }

    pub(crate) fn read_log(namespace: &str, pod: &str) -> Self {
        let (namespace, name) = (namespace.to_owned(), pod.to_owned());
        Self::Object(ObjectRight { subresource: "log".to_owned(), namespace, name, ..of(Kind::Pod, "get") })
    }

    pub(super) fn read_metrics() -> Self {
        Self::Path { path: "/metrics".to_owned(), verb: "get".to_owned() }
    }
}

/// As people say it: `patch deployments in shop`.
impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path { path, verb } => write!(f, "{verb} {path}"),
            Self::Object(ObjectRight { verb, resource, namespace, .. }) => {
                let place = if namespace.is_empty() { "any namespace" } else { namespace };
                write!(f, "{verb} {resource} in {place}")
            }
        }
    }
}

fn of(kind: Kind, verb: &str) -> ObjectRight {
    ObjectRight {
        verb: verb.to_owned(),
        group: kind.group().to_owned(),
        version: kind.version().to_owned(),
        resource: kind.plural().to_owned(),
        ..ObjectRight::default()
    }
}
