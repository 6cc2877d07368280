//! Everything that a server tells about a cluster, asked for as clients do.

use std::collections::BTreeSet;

use cluster_health::Cluster;
use cluster_health::model::Kind;
use serde_json::{Value, json};

use crate::driver::Server;

/// What was asked, and the whole answer as it came.
pub(crate) type Told = Vec<(String, Value)>;

/// Objects of a kind that are looked at closely.
const OF_A_KIND: usize = 4;

/// `arguments` are given wherever a text can be given, mistakes that they are.
pub(crate) async fn ask(server: &Server, cluster: &Cluster, incidents: &[String], arguments: &[String]) -> Told {
    let mut told = Vec::new();
    let tools = server.legacy("tools/list", json!({})).await["result"]["tools"].take();
    let namespaces: BTreeSet<String> = cluster
        .namespaces
        .iter()
        .map(|namespace| namespace.meta.name.to_string())
        .filter(|name| name.starts_with("storefront"))
        .collect();
    for tool in tools.as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let properties = tool["inputSchema"]["properties"].as_object().cloned().unwrap_or_default();
        let mut calls = vec![json!({})];
        let most = properties.get("limit").map(|limit| limit["maximum"].clone());
        let mut add = |mut call: Value| {
            if let Some(most) = most.as_ref().filter(|most| most.is_number()) {
                call["limit"] = most.clone();
            }
            calls.push(call);
        };
        add(json!({}));
        if properties.contains_key("namespace") && !properties.contains_key("kind") {
            namespaces.iter().for_each(|namespace| add(json!({"namespace": namespace})));
        }
        for field in ["id", "incident"] {
            if properties.contains_key(field) {
                incidents.iter().for_each(|incident| add(json!({field: incident})));
            }
        }
        if properties.contains_key("hours") {
            add(json!({"hours": 8760}));
        }
        if properties.contains_key("kind") && properties.contains_key("name") {
            objects(cluster).into_iter().for_each(|object| calls.push(object));
        }
        for (field, schema) in &properties {
            let text = schema["type"] == "string"
                || schema["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
            arguments.iter().filter(|_| text).for_each(|argument| calls.push(json!({field: argument})));
        }
        for call in calls {
            let asked = format!("{name} {call}");
            told.push((asked, server.legacy("tools/call", json!({"name": name, "arguments": call})).await));
        }
    }
    documents(server, arguments, &mut told).await;
    for argument in arguments {
        told.push(("an unknown tool".to_owned(), server.legacy("tools/call", json!({"name": argument})).await));
        told.push(("an unknown method".to_owned(), server.legacy(argument, json!({})).await));
        // What does not fit into an address as it is would be told in another form
        let fits = argument.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c));
        let path = if fits { argument } else { "elsewhere" };
        told.push(("an unknown path".to_owned(), json!(server.get(&format!("/{path}")).await.body)));
        let body = format!("{{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"{path}\", \"params\": 7}}");
        told.push(("parameters that are none".to_owned(), json!(server.post(body, &[]).await.body)));
        told.push(("no JSON".to_owned(), json!(server.post(argument.clone(), &[]).await.body)));
    }
    for path in ["/metrics", "/readyz", "/health", "/livez"] {
        told.push((path.to_owned(), json!(server.get(path).await.body)));
    }
    told
}

async fn documents(server: &Server, arguments: &[String], told: &mut Told) {
    let list = async |method: &str, field: &str| server.legacy(method, json!({})).await["result"][field].take();
    for resource in list("resources/list", "resources").await.as_array().into_iter().flatten() {
        told.push((
            resource["uri"].to_string(),
            server.legacy("resources/read", json!({"uri": resource["uri"]})).await,
        ));
    }
    for template in list("resources/templates/list", "resourceTemplates").await.as_array().into_iter().flatten() {
        let pattern = template["uriTemplate"].as_str().unwrap();
        let (before, variable) = pattern.split_once('{').unwrap();
        let variable = variable.trim_end_matches('}');
        for typed in [""].into_iter().chain(arguments.iter().map(String::as_str)) {
            let params = json!({"ref": {"type": "ref/resource", "uri": pattern}, "argument": {"name": variable, "value": typed}});
            let completed = server.legacy("completion/complete", params).await;
            for value in completed["result"]["completion"]["values"].as_array().into_iter().flatten() {
                let uri = format!("{before}{}", value.as_str().unwrap());
                told.push((uri.clone(), server.legacy("resources/read", json!({"uri": uri})).await));
            }
            told.push((format!("completions of {pattern}"), completed));
            told.push((
                "a wrong address".to_owned(),
                server.legacy("resources/read", json!({"uri": format!("{before}{typed}")})).await,
            ));
        }
    }
    for prompt in list("prompts/list", "prompts").await.as_array().into_iter().flatten() {
        let names: Vec<_> =
            prompt["arguments"].as_array().into_iter().flatten().map(|argument| argument["name"].clone()).collect();
        let mut given =
            vec![json!({}), json!({"namespace": "storefront-checkout"}), json!({"namespace": "storefront-batch"})];
        for name in names.iter().filter_map(Value::as_str) {
            given.extend(arguments.iter().map(|argument| json!({"namespace": "storefront-checkout", name: argument})));
        }
        for arguments in given {
            let params = json!({"name": prompt["name"], "arguments": arguments});
            told.push((format!("prompt {params}"), server.legacy("prompts/get", params).await));
        }
    }
}

/// Calls that look closely at objects: all of the tenants, and some of every kind.
fn objects(cluster: &Cluster) -> Vec<Value> {
    let mut calls = Vec::new();
    for &kind in Kind::ALL {
        let mut others = 0;
        for (namespace, name) in cluster.names(kind) {
            let of_tenant = namespace.starts_with("storefront");
            others += usize::from(!of_tenant);
            if !of_tenant && others > OF_A_KIND {
                continue;
            }
            let mut call = json!({"kind": kind.name(), "name": &*name});
            if !namespace.is_empty() {
                call["namespace"] = json!(&*namespace);
            }
            if kind == Kind::Pod {
                call["log"] = json!("previous");
            }
            calls.push(call);
        }
    }
    calls
}
