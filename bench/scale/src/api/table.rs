//! Lists as tables, which is how `kubectl get` and servers built on its printers ask for them. Every row carries the
//! object's whole metadata, `managedFields` too, as API servers send it.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Shared;
use super::listing::Page;
use crate::resources::Resource;

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

type Cell = fn(&Value) -> Value;

fn columns(plural: &str) -> &'static [(&'static str, Cell)] {
    match plural {
        "pods" => &[
            ("Name", name),
            ("Ready", pod_ready),
            ("Status", pod_status),
            ("Restarts", pod_restarts),
            ("Age", age),
            ("IP", |pod| pod["status"]["podIP"].clone()),
            ("Node", |pod| pod["spec"]["nodeName"].clone()),
            ("Nominated Node", |_| json!("<none>")),
            ("Readiness Gates", |_| json!("<none>")),
        ],
        "nodes" => &[
            ("Name", name),
            ("Status", |_| json!("Ready")),
            ("Roles", |_| json!("worker")),
            ("Age", age),
            ("Version", |node| node["status"]["nodeInfo"]["kubeletVersion"].clone()),
            ("Internal-IP", |node| node["status"]["addresses"][0]["address"].clone()),
            ("OS-Image", |node| node["status"]["nodeInfo"]["osImage"].clone()),
            ("Kernel-Version", |node| node["status"]["nodeInfo"]["kernelVersion"].clone()),
            ("Container-Runtime", |node| node["status"]["nodeInfo"]["containerRuntimeVersion"].clone()),
        ],
        "namespaces" => &[("Name", name), ("Status", |namespace| namespace["status"]["phase"].clone()), ("Age", age)],
        _ => &[("Name", name), ("Age", age)],
    }
}

pub(super) fn table(shared: &Shared, resource: &'static Resource, page: &Page) -> Vec<u8> {
    let columns = columns(resource.plural);
    let definition = |(name, _): &(&str, Cell)| {
        json!({"name": name, "type": "string", "format": if *name == "Name" { "name" } else { "" },
               "description": name, "priority": 0})
    };
    let head = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": page.version.to_string(), "continue": page.next.clone().unwrap_or_default()},
        "columnDefinitions": columns.iter().map(definition).collect::<Vec<_>>()});
    let mut out = head.to_string().into_bytes();
    out.pop();
    out.extend_from_slice(br#","rows":["#);
    for (position, item) in page.items.iter().enumerate() {
        let mut text = b"{".to_vec();
        item.write(shared, resource.plural, &mut text);
        let object: Value = serde_json::from_slice(&text).unwrap_or_default();
        let metadata = serde_json::from_slice::<Metadata>(&text).map_or("{}", |object| object.metadata.get());
        let cells: Vec<Value> = columns.iter().map(|(_, cell)| cell(&object)).collect();
        let comma = if position == 0 { "" } else { "," };
        let row = format!(
            r#"{comma}{{"cells":{},"object":{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{metadata}}}}}"#,
            Value::Array(cells)
        );
        out.extend_from_slice(row.as_bytes());
    }
    out.extend_from_slice(b"]}\n");
    out
}

fn name(object: &Value) -> Value {
    object["metadata"]["name"].clone()
}

fn age(_: &Value) -> Value {
    json!("17d")
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    pod["status"]["containerStatuses"].as_array().into_iter().flatten()
}

fn pod_ready(pod: &Value) -> Value {
    let ready = statuses(pod).filter(|status| status["ready"] == true).count();
    json!(format!("{ready}/{}", statuses(pod).count()))
}

fn pod_status(pod: &Value) -> Value {
    let waiting = statuses(pod).find_map(|status| status["state"]["waiting"]["reason"].as_str());
    waiting.map_or_else(|| pod["status"]["phase"].clone(), |reason| json!(reason))
}

fn pod_restarts(pod: &Value) -> Value {
    json!(statuses(pod).filter_map(|status| status["restartCount"].as_u64()).sum::<u64>().to_string())
}
