//! Copies of a scenario in which text of others stands wherever they can write some.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clusters::files;

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Of a condition, an event, a container's state.
    Message,
    /// Of an event, or of a pod's own condition.
    Reason,
    Label,
    Annotation,
    LastApplied,
    Environment,
    Argument,
    ConfigMap,
    Secret,
    Username,
    Image,
    Parameter,
    Log,
}

/// Gives the text for a place, or leaves it as it is.
pub(crate) type Writer<'a> = dyn FnMut(Place) -> Option<String> + 'a;

/// `added` are further objects. The copy is JSON in the files of YAML, which it is too.
pub(crate) fn copy(source: &Path, added: Vec<Value>, write: &mut Writer<'_>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files(source) {
        let target = folder.path().join(file.strip_prefix(source).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        if file.ends_with("rules.json") {
            let mut document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            alerts(&mut document, write);
            fs::write(&target, document.to_string()).unwrap();
            continue;
        }
        if file.extension().is_none_or(|ending| ending != "yaml") {
            fs::copy(&file, &target).unwrap();
            continue;
        }
        let mut document: Value = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        match document.get_mut("items").and_then(Value::as_array_mut) {
            Some(items) => items.iter_mut().for_each(|object| poison(object, write)),
            None => poison(&mut document, write),
        }
        fs::write(&target, document.to_string()).unwrap();
    }
    for mut object in added {
        poison(&mut object, write);
        add(folder.path(), &object);
    }
    folder
}

/// Tenants write the annotations of what their rules raise, and labels; the platform quotes them in its own.
fn alerts(document: &mut Value, write: &mut Writer<'_>) {
    let groups = document["data"]["groups"].as_array_mut().into_iter().flatten();
    let rules = groups.flat_map(|group| group["rules"].as_array_mut().into_iter().flatten());
    for alert in rules.flat_map(|rule| rule["alerts"].as_array_mut().into_iter().flatten()) {
        append(&mut alert["annotations"]["summary"], Place::Message, write);
        if alert["labels"]["namespace"].as_str().is_some_and(|namespace| namespace.starts_with("storefront")) {
            set(&mut alert["labels"]["note"], Place::Label, write);
        }
    }
}

/// Puts one object where an archive has it.
pub(crate) fn add(folder: &Path, object: &Value) {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let group = text("/apiVersion").rsplit_once('/').map_or("core", |(group, _)| group);
    let plural = format!("{}s", text("/kind").to_lowercase());
    let scope = match text("/metadata/namespace") {
        "" => "cluster-scoped-resources".to_owned(),
        namespace => format!("namespaces/{namespace}"),
    };
    let file = folder.join(scope).join(group).join(plural).join(format!("{}.yaml", text("/metadata/name")));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, object.to_string()).unwrap();
}

fn poison(object: &mut Value, write: &mut Writer<'_>) {
    for (field, place) in [("labels", Place::Label), ("annotations", Place::Annotation)] {
        if let Some(text) = write(place) {
            object["metadata"][field]["example.com/note"] = json!(text);
        }
    }
    if let Some(text) = write(Place::LastApplied) {
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!(text);
    }
    for field in ["spec", "status"] {
        messages(&mut object[field], write);
    }
    match object["kind"].as_str().unwrap_or_default() {
        "Event" => {
            for (field, place) in [("message", Place::Message), ("reason", Place::Reason)] {
                append(&mut object[field], place, write);
            }
        }
        "Pod" => containers(&mut object["spec"], write),
        "ConfigMap" => set(&mut object["data"]["settings.yaml"], Place::ConfigMap, write),
        "Secret" => set(&mut object["data"]["key"], Place::Secret, write),
        "StorageClass" => set(&mut object["parameters"]["note"], Place::Parameter, write),
        "CertificateSigningRequest" => set(&mut object["spec"]["username"], Place::Username, write),
        _ if object["spec"]["template"]["spec"].is_object() => {
            containers(&mut object["spec"]["template"]["spec"], write);
        }
        _ => {}
    }
    // Indexing makes what it does not find
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}

fn messages(value: &mut Value, write: &mut Writer<'_>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| messages(item, write)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name.to_lowercase().ends_with("message") && value.is_string() {
                    append(value, Place::Message, write);
                } else {
                    messages(value, write);
                }
            }
        }
        _ => {}
    }
}

fn containers(spec: &mut Value, write: &mut Writer<'_>) {
    for list in ["initContainers", "containers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            if let Some(text) = write(Place::Environment) {
                let mut variables = container["env"].as_array().cloned().unwrap_or_default();
                variables.push(json!({"name": "API_KEY", "value": text}));
                container["env"] = json!(variables);
            }
            if let Some(text) = write(Place::Argument) {
                container["args"] = json!(["--key", text]);
            }
            if container["image"] == "poisoned" {
                set(&mut container["image"], Place::Image, write);
            }
        }
    }
    if let Some(fields) = spec.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}

fn set(value: &mut Value, place: Place, write: &mut Writer<'_>) {
    if let Some(text) = write(place) {
        *value = json!(text);
    }
}

fn append(value: &mut Value, place: Place, write: &mut Writer<'_>) {
    if let Some(text) = write(place) {
        let before = value.as_str().unwrap_or_default();
        *value =
            if place == Place::Message && !before.is_empty() { json!(format!("{before} {text}")) } else { json!(text) };
    }
}

/// A pod whose image cannot be pulled, of a tenant.
pub(crate) fn pod(namespace: &str, name: &str) -> Value {
    let since = "2026-11-18T02:00:00Z";
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": since},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "main", "image": "poisoned",
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}}}]},
        "status": {"phase": "Pending", "startTime": since,
            "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "not ready:",
                "lastTransitionTime": since}],
            "containerStatuses": [{"name": "main", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image:"}}}]},
    })
}

/// A warning about an object that is there, as any tenant can write one.
pub(crate) fn event(namespace: &str, name: &str, kind: &str, about: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "", "message": "",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "2026-11-18T03:00:00Z"},
        "involvedObject": {"kind": kind, "namespace": namespace, "name": about},
        "firstTimestamp": "2026-11-18T03:00:00Z", "lastTimestamp": "2026-11-18T03:00:00Z", "count": 1,
    })
}
