//! Bytes to objects. An object that cannot be read is an error of its own and never stops the others.

pub mod slot;
mod walk;

use serde::Deserialize;

use crate::model::{Kind, Object, Scope, wire};
use crate::untrusted;

/// Why one object could not be read. The reason quotes the decoder, cleaned and capped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {object}: {reason}")]
pub struct DecodeError {
    pub kind: Kind,
    /// Namespace and name as far as they could be read, else `?`.
    pub object: String,
    pub reason: String,
}

const REASON_CHARS: usize = 160;

fn object_from_json(kind: Kind, bytes: &[u8]) -> Result<Object, String> {
    let mut object = Object::empty(kind);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    walk::fill(object.slot(), &mut json).and_then(|()| json.end()).map_err(|error| error.to_string())?;
    Ok(object)
}

/// By way of plain values: types in YAML are a matter of what a value looks like, not of what is wanted.
fn object_from_value(kind: Kind, value: &serde_json::Value) -> Result<Object, String> {
    let mut object = Object::empty(kind);
    walk::fill(object.slot(), value).map_err(|error| error.to_string())?;
    Ok(object)
}

pub fn json(kind: Kind, bytes: &[u8]) -> Result<Object, DecodeError> {
    let named = || serde_json::from_slice(bytes).ok();
    object_from_json(kind, bytes).and_then(check_names).map_err(|reason| failed(kind, named(), &reason))
}

pub fn yaml(kind: Kind, text: &str) -> Result<Object, DecodeError> {
    match from_yaml(text) {
        Ok(document) => value(kind, &document),
        Err(reason) => Err(failed(kind, None, &reason)),
    }
}

/// An object that was put together from what another API than Kubernetes' says.
pub fn value(kind: Kind, value: &serde_json::Value) -> Result<Object, DecodeError> {
    let named = || Named::deserialize(value).ok();
    object_from_value(kind, value).and_then(check_names).map_err(|reason| failed(kind, named(), &reason))
}

fn failed(kind: Kind, named: Option<Named>, reason: &str) -> DecodeError {
    let object = named.map_or_else(|| "?".to_owned(), |named| named.words());
    DecodeError { kind, object, reason: untrusted::clean(reason, REASON_CHARS) }
}

/// A text of unknown form: one object, several documents, or a list written in an unusual style.
pub fn yaml_documents(kind: Kind, text: &str) -> Vec<Result<Object, DecodeError>> {
    let Ok(documents) = yaml_values(text) else { return vec![yaml(kind, text)] };
    let objects = documents.into_iter().flat_map(|mut document| match document.get_mut("items") {
        Some(serde_json::Value::Array(items)) => std::mem::take(items),
        Some(serde_json::Value::Null) => Vec::new(),
        _ => vec![document],
    });
    objects.filter(|object| !object.is_null()).map(|object| value(kind, &object)).collect()
}

/// The documents of a text, as plain values.
pub fn yaml_values(text: &str) -> Result<Vec<serde_json::Value>, String> {
    serde_saphyr::from_multiple_with_options(text, options()).map_err(first_line)
}

/// `y` and `off` are names as good as any; only `true` and `false` are booleans.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { strict_booleans: true }
}

fn from_yaml(text: &str) -> Result<serde_json::Value, String> {
    serde_saphyr::from_str_with_options(text, options()).map_err(first_line)
}

/// The rest of the parser's message quotes the document at length, and a kubeconfig's secrets with it.
fn first_line(error: serde_saphyr::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[derive(Deserialize)]
struct Named {
    metadata: NamedMeta,
}

#[derive(Deserialize)]
struct NamedMeta {
    #[serde(default)]
    namespace: String,
    name: String,
}

impl Named {
    fn words(&self) -> String {
        let Self { metadata: NamedMeta { namespace, name } } = self;
        let words = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
        untrusted::clean(&words, REASON_CHARS)
    }
}

/// Names end up in commands that people copy, so an object whose name the API would not have accepted is refused.
fn check_names(mut object: Object) -> Result<Object, String> {
    let kind = object.kind();
    let scope = kind.scope();
    let meta = object.meta_mut();
    if !is_legal(&meta.name) {
        return Err("its name is not one the API accepts".to_owned());
    }
    match scope {
        Scope::Cluster => meta.namespace.clear(),
        // It is about the whole cluster
        Scope::Namespaced if meta.namespace.is_empty() && kind == Kind::Alert => {}
        Scope::Namespaced if meta.namespace.is_empty() => return Err("it has no namespace".to_owned()),
        Scope::Namespaced if !is_legal(&meta.namespace) => {
            return Err("its namespace is not one the API accepts".to_owned());
        }
        Scope::Namespaced => {}
    }
    Ok(object)
}

/// Whether a name is safe to repeat in a command.
pub(crate) fn is_legal(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:@".contains(&b);
    !name.is_empty() && name.len() <= 253 && name.bytes().all(allowed) && !name.starts_with('-')
}

/// Whether a text could be the name of an object.
pub fn is_name(text: &str) -> bool {
    is_legal(text)
}

/// Reads just enough of an object to tell two copies of it apart.
pub fn identity(object: &Object) -> (Kind, &str, &str, u64) {
    let wire::Meta { namespace, name, resource_version, .. } = object.meta();
    (object.kind(), namespace, name, resource_version.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Change;
    use crate::cluster::Index;
    use crate::model::pod;

    #[test]
    fn nulls_of_go_are_left_out_fields() {
        let text = r#"{"metadata":{"name":"a","namespace":"b","creationTimestamp":null,"labels":null,"ownerReferences":null},
            "spec":{"containers":null,"nodeName":null},"status":{"conditions":null,"phase":"Running"}}"#;
        let mut index = Index::default();
        index.apply(Change::Apply(json(Kind::Pod, text.as_bytes()).unwrap()));
        assert_eq!(index.cluster().pods.get("b", "a").unwrap().phase, pod::Phase::Running);
    }

    #[test]
    fn yaml_and_json_give_the_same() {
        let yaml_text = "metadata:\n  name: w\n  labels:\n    a: \"1\"\nstatus:\n  allocatable:\n    cpu: 3500m\n    memory: 15Gi\n";
        let json_text =
            r#"{"metadata":{"name":"w","labels":{"a":"1"}},"status":{"allocatable":{"cpu":"3500m","memory":"15Gi"}}}"#;
        let (a, b) = (yaml(Kind::Node, yaml_text).unwrap(), json(Kind::Node, json_text.as_bytes()).unwrap());
        assert_eq!(format!("{a:?}"), format!("{b:?}"));
    }

    #[test]
    fn lists_in_any_style_are_taken_apart() {
        let names = |text: &str| -> Vec<String> {
            yaml_documents(Kind::Node, text).into_iter().map(|object| identity(&object.unwrap()).2.to_owned()).collect()
        };
        assert_eq!(names("{items: [{metadata: {name: a}}, {metadata: {name: b}}]}"), ["a", "b"]);
        assert_eq!(names("metadata: {name: a}\n---\nmetadata: {name: b}\n---\n"), ["a", "b"]);
        assert!(names("items: null").is_empty());
        assert!(yaml_documents(Kind::Node, "{items: [").iter().all(Result::is_err));
    }

    #[test]
    fn a_bad_object_is_named_and_its_reason_is_short() {
        let error =
            json(Kind::Pod, br#"{"metadata":{"name":"a","namespace":"b"},"status":{"phase":[1]}}"#).unwrap_err();
        assert_eq!((error.kind, error.object.as_str()), (Kind::Pod, "b/a"));
        assert!(error.reason.contains("invalid type"), "{}", error.reason);
        let error = yaml(Kind::Pod, "metadata:\n  name: [").unwrap_err();
        assert_eq!(error.object, "?");
        assert!(error.reason.chars().count() <= REASON_CHARS + 1, "{}", error.reason);
    }

    #[test]
    fn names_that_could_do_harm_in_a_command_are_refused() {
        for name in ["", "a b", "a;rm -rf", "$(x)", "../x", "-n", "a\nb", "`x`"] {
            let text = serde_json::json!({"metadata": {"name": name, "namespace": "b"}}).to_string();
            assert!(json(Kind::Pod, text.as_bytes()).is_err(), "{name:?}");
        }
        assert!(json(Kind::CertificateSigningRequest, br#"{"metadata":{"name":"system:openshift:x-1"}}"#).is_ok());
        assert!(json(Kind::Pod, br#"{"metadata":{"name":"a"}}"#).is_err(), "a pod without a namespace");
    }
}
