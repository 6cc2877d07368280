//! One line of a watch, read.

use std::borrow::Cow;

use cluster_health::decode;
use cluster_health::model::{Kind, Object};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::Failure;

#[derive(Debug)]
pub(super) enum Event {
    Applied(Object),
    Deleted(Object),
    /// Nothing changed up to here. `initial` when everything there was has been told.
    Bookmark {
        version: String,
        initial: bool,
    },
    /// There is an object that cannot be read.
    Unreadable(Unreadable),
}

/// What is still known of an object that cannot be read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    /// Namespace and name, if at least those could be read.
    pub(super) key: Option<(String, String)>,
    pub(super) version: String,
    /// It was deleted, so nothing is lost.
    pub(super) deleted: bool,
    pub(super) reason: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outline {
    metadata: OutlineMeta,
    code: u16,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OutlineMeta {
    namespace: String,
    name: String,
    resource_version: String,
    annotations: Marks,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    #[serde(rename = "k8s.io/initial-events-end")]
    initial_events_end: String,
}

pub(super) fn read(kind: Kind, line: &[u8]) -> Result<Event, Failure> {
    let Line { action, object } = serde_json::from_slice(line).map_err(Failure::garbled)?;
    let text = object.get();
    match &*action {
        "ADDED" | "MODIFIED" => Ok(match decode::json(kind, text.as_bytes()) {
            Ok(object) => Event::Applied(object),
            Err(error) => Event::Unreadable(unreadable(text.as_bytes(), error.reason, false)),
        }),
        "DELETED" => Ok(match decode::json(kind, text.as_bytes()) {
            Ok(object) => Event::Deleted(object),
            Err(error) => Event::Unreadable(unreadable(text.as_bytes(), error.reason, true)),
        }),
        "BOOKMARK" => {
            let Outline { metadata, .. } = serde_json::from_str(text).map_err(Failure::garbled)?;
            let initial = metadata.annotations.initial_events_end == "true";
            Ok(Event::Bookmark { version: metadata.resource_version, initial })
        }
        "ERROR" => {
            let code = serde_json::from_str(text).map_or(0, |Outline { code, .. }| code);
            Err(Failure::of_answer(code, text.as_bytes(), None))
        }
        other => Err(Failure::garbled(format!("unknown event {other}"))),
    }
}

/// An object in a list: read, or what is known of it. What is not even JSON was garbled on its way.
pub(super) fn read_item(kind: Kind, bytes: &[u8]) -> Result<Result<Object, Unreadable>, Failure> {
    match decode::json(kind, bytes) {
        Ok(object) => Ok(Ok(object)),
        Err(error) => {
            serde_json::from_slice::<&RawValue>(bytes).map_err(Failure::garbled)?;
            Ok(Err(unreadable(bytes, error.reason, false)))
        }
    }
}

fn unreadable(bytes: &[u8], reason: String, deleted: bool) -> Unreadable {
    match serde_json::from_slice(bytes) {
        Ok(Outline { metadata, .. }) => {
            let key = (!metadata.name.is_empty()).then_some((metadata.namespace, metadata.name));
            Unreadable { key, version: metadata.resource_version, deleted, reason }
        }
        Err(_) => Unreadable { deleted, reason, ..Unreadable::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(action: &str, object: &str) -> Result<Event, Failure> {
        read(Kind::Pod, format!(r#"{{"type":"{action}","object":{object}}}"#).as_bytes())
    }

    #[test]
    fn actions_are_told_apart() {
        let pod = r#"{"metadata":{"namespace":"a","name":"b","resourceVersion":"7"}}"#;
        assert!(matches!(line("ADDED", pod), Ok(Event::Applied(object)) if object.resource_version() == "7"));
        assert!(matches!(line("MODIFIED", pod), Ok(Event::Applied(_))));
        assert!(matches!(line("DELETED", pod), Ok(Event::Deleted(object)) if object.key() == ("a", "b")));
        let end = r#"{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}"#;
        assert!(matches!(line("BOOKMARK", end), Ok(Event::Bookmark { version, initial: true }) if version == "9"));
        assert_eq!(line("ERROR", r#"{"code":410,"reason":"Expired"}"#).unwrap_err(), Failure::Expired);
        assert!(matches!(line("DANCED", pod), Err(Failure::Garbled(_))));
        assert!(matches!(read(Kind::Pod, br#"{"type":"ADDED","object":{"meta"#), Err(Failure::Garbled(_))));
    }

    #[test]
    fn an_object_that_cannot_be_read_keeps_its_name() {
        let pod = r#"{"metadata":{"namespace":"a","name":"b","resourceVersion":"7"},"spec":5}"#;
        let Ok(Event::Unreadable(unreadable)) = line("MODIFIED", pod) else { panic!("readable") };
        assert_eq!(unreadable.key, Some(("a".to_owned(), "b".to_owned())));
        assert_eq!(unreadable.version, "7");
        assert!(read_item(Kind::Pod, pod.as_bytes()).unwrap().is_err());
        assert!(matches!(read_item(Kind::Pod, b"{\"metadata\":\x01}"), Err(Failure::Garbled(_))));
    }
}
