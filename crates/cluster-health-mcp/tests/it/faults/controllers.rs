//! What the cluster's own controllers do once pods change: they count, and take pods that are not ready out of service.
//! Recipes then say what happened to pods, and nothing else can be forgotten or contradict it.

use std::collections::BTreeSet;

use cluster_health::model::Kind;
use serde_json::{Value, json};

use super::pods::{condition, is_ready, ready_since, set_condition};
use super::world::World;

pub(super) fn settle(world: &mut World<'_>) {
    for namespace in world.touched() {
        let pods: Vec<Value> = world.list(Kind::Pod, &namespace).into_iter().filter(|pod| !is_finished(pod)).collect();
        replica_sets(world, &namespace, &pods);
        deployments(world, &namespace, &pods);
        sets(world, Kind::StatefulSet, &namespace, &pods);
        sets(world, Kind::DaemonSet, &namespace, &pods);
        endpoints(world, &namespace, &pods);
        budgets(world, &namespace, &pods);
    }
}

fn is_finished(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

fn serves(pod: &Value) -> bool {
    is_ready(pod) && pod["metadata"]["deletionTimestamp"].is_null()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn owned<'p>(pods: &'p [Value], kind: &str, owner: &str) -> Vec<&'p Value> {
    let is_owner = |it: &Value| it["kind"] == kind && it["name"] == owner;
    let owners =
        |pod: &Value| pod["metadata"]["ownerReferences"].as_array().is_some_and(|all| all.iter().any(is_owner));
    pods.iter().filter(|pod| owners(pod) && pod["metadata"]["deletionTimestamp"].is_null()).collect()
}

fn count(pods: &[&Value], is: impl Fn(&Value) -> bool) -> usize {
    pods.iter().filter(|pod| is(pod)).count()
}

fn replica_sets(world: &mut World<'_>, namespace: &str, pods: &[Value]) {
    for mut set in world.list(Kind::ReplicaSet, namespace) {
        let own = owned(pods, "ReplicaSet", name(&set));
        let ready = count(&own, serves);
        let before = set["status"].clone();
        set["status"]["replicas"] = json!(own.len());
        set["status"]["readyReplicas"] = json!(ready);
        set["status"]["availableReplicas"] = json!(ready);
        if set["status"] != before {
            world.put(set);
        }
    }
}

fn deployments(world: &mut World<'_>, namespace: &str, pods: &[Value]) {
    let sets = world.list(Kind::ReplicaSet, namespace);
    for mut deployment in world.list(Kind::Deployment, namespace) {
        let is_owner = |it: &Value| it["kind"] == "Deployment" && it["name"] == name(&deployment);
        let of_it =
            |set: &&Value| set["metadata"]["ownerReferences"].as_array().is_some_and(|all| all.iter().any(is_owner));
        let own_sets: Vec<&Value> = sets.iter().filter(of_it).collect();
        let own: Vec<&Value> = own_sets.iter().flat_map(|set| owned(pods, "ReplicaSet", name(set))).collect();
        let desired = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
        let ready = count(&own, serves) as u64;
        let newest = own_sets.iter().max_by_key(|set| revision(set)).map(|set| name(set).to_owned());
        let updated = newest.map_or(0, |newest| owned(pods, "ReplicaSet", &newest).len());
        let before = deployment["status"].clone();
        let status = &mut deployment["status"];
        status["replicas"] = json!(own.len());
        status["updatedReplicas"] = json!(updated);
        status["readyReplicas"] = json!(ready);
        status["availableReplicas"] = json!(ready);
        status["unavailableReplicas"] = json!(desired.max(own.len() as u64) - ready);
        if *status == before {
            continue;
        }
        // The default strategy lets a quarter be missing
        let available = ready >= desired - desired / 4;
        let was = condition(&deployment, "Available")["status"] == "True";
        if available != was {
            let at = last_change(&own).unwrap_or_else(|| world.now().to_string());
            let reason = if available { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" };
            set_condition(&mut deployment, "Available", available, reason, &at);
        }
        world.put(deployment);
    }
}

fn revision(set: &Value) -> u64 {
    let revision = set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
    revision.and_then(|revision| revision.parse().ok()).unwrap_or(0)
}

/// When the last of the pods that do not serve stopped serving.
fn last_change(pods: &[&Value]) -> Option<String> {
    pods.iter().filter(|pod| !serves(pod)).filter_map(|pod| ready_since(pod)).max()
}

fn sets(world: &mut World<'_>, kind: Kind, namespace: &str, pods: &[Value]) {
    for mut set in world.list(kind, namespace) {
        let own = owned(pods, kind.name(), name(&set));
        let ready = count(&own, serves);
        let before = set["status"].clone();
        let status = &mut set["status"];
        if kind == Kind::DaemonSet {
            let desired = status["desiredNumberScheduled"].as_u64().unwrap_or(0);
            status["currentNumberScheduled"] = json!(own.len());
            status["numberReady"] = json!(ready);
            status["numberAvailable"] = json!(ready);
            status["numberUnavailable"] = json!(desired.saturating_sub(ready as u64));
        } else {
            status["replicas"] = json!(own.len());
            status["readyReplicas"] = json!(ready);
            status["availableReplicas"] = json!(ready);
        }
        if *status != before {
            world.put(set);
        }
    }
}

fn endpoints(world: &mut World<'_>, namespace: &str, pods: &[Value]) {
    for service in world.list(Kind::Service, namespace) {
        let Some(selector) = service["spec"]["selector"].as_object().filter(|selector| !selector.is_empty()) else {
            continue;
        };
        let selected = |pod: &&Value| selector.iter().all(|(key, value)| pod["metadata"]["labels"][key] == *value);
        let backends: Vec<Value> = pods
            .iter()
            .filter(selected)
            .filter(|pod| !pod["spec"]["nodeName"].is_null())
            .map(|pod| {
                json!({
                    "addresses": ["10.128.0.9"],
                    "conditions": {"ready": serves(pod), "serving": is_ready(pod), "terminating": !pod["metadata"]["deletionTimestamp"].is_null()},
                    "nodeName": pod["spec"]["nodeName"],
                    "targetRef": {"kind": "Pod", "namespace": namespace, "name": name(pod)},
                })
            })
            .collect();
        let slices: Vec<Value> = world
            .list(Kind::EndpointSlice, namespace)
            .into_iter()
            .filter(|slice| slice["metadata"]["labels"]["kubernetes.io/service-name"] == name(&service))
            .collect();
        let ready = |endpoints: &[Value]| {
            let all =
                endpoints.iter().map(|it| (it["targetRef"]["name"].to_string(), it["conditions"]["ready"] == true));
            all.collect::<BTreeSet<_>>()
        };
        let before: Vec<Value> =
            slices.iter().filter_map(|slice| slice["endpoints"].as_array()).flatten().cloned().collect();
        if ready(&before) == ready(&backends) {
            continue;
        }
        for (at, mut slice) in slices.into_iter().enumerate() {
            slice["endpoints"] = if at == 0 { json!(backends) } else { json!([]) };
            world.put(slice);
        }
    }
}

fn budgets(world: &mut World<'_>, namespace: &str, pods: &[Value]) {
    for mut budget in world.list(Kind::PodDisruptionBudget, namespace) {
        let labels = budget["spec"]["selector"]["matchLabels"].as_object().cloned().unwrap_or_default();
        if labels.is_empty() {
            continue;
        }
        let selected = |pod: &&Value| labels.iter().all(|(key, value)| pod["metadata"]["labels"][key] == *value);
        let own: Vec<&Value> = pods.iter().filter(selected).collect();
        let healthy = count(&own, serves) as i64;
        if budget["status"]["currentHealthy"] == json!(healthy) {
            continue;
        }
        let desired = budget["status"]["desiredHealthy"].as_i64().unwrap_or(0);
        budget["status"]["currentHealthy"] = json!(healthy);
        budget["status"]["disruptionsAllowed"] = json!((healthy - desired).max(0));
        set_condition(
            &mut budget,
            "DisruptionAllowed",
            healthy > desired,
            if healthy > desired { "SufficientPods" } else { "InsufficientPods" },
            &last_change(&own).unwrap_or_else(|| world.now().to_string()),
        );
        world.put(budget);
    }
}
