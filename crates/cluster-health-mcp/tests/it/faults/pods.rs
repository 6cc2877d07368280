//! What a kubelet, a scheduler or a person does to a pod, as it shows in the pod.

use serde_json::{Value, json};

pub(super) fn condition<'o>(object: &'o Value, kind: &str) -> &'o Value {
    let conditions = object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().find(|it| it["type"] == kind).unwrap_or(&Value::Null)
}

pub(super) fn set_condition(object: &mut Value, kind: &str, status: bool, reason: &str, at: &str) {
    let status = if status { "True" } else { "False" };
    let set = json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": at});
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let conditions = object["status"]["conditions"].as_array_mut().unwrap();
    conditions.retain(|it| it["type"] != kind);
    conditions.push(set);
}

pub(super) fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready")["status"] == "True"
}

pub(super) fn ready_since(pod: &Value) -> Option<String> {
    condition(pod, "Ready")["lastTransitionTime"].as_str().map(str::to_owned)
}

pub(super) fn unready(pod: &mut Value, at: &str) {
    set_condition(pod, "Ready", false, "ContainersNotReady", at);
    set_condition(pod, "ContainersReady", false, "ContainersNotReady", at);
    for_each_status(pod, |status| status["ready"] = json!(false));
}

fn for_each_status(pod: &mut Value, change: impl Fn(&mut Value)) {
    if let Some(statuses) = pod["status"]["containerStatuses"].as_array_mut() {
        statuses.iter_mut().for_each(change);
    }
}

/// A container that ends, again and again.
pub(super) struct Crash<'a> {
    pub(super) exit: i64,
    pub(super) reason: &'a str,
    pub(super) restarts: u64,
    /// Since when the pod is not ready.
    pub(super) at: &'a str,
    /// When the container ended last.
    pub(super) last: &'a str,
}

pub(super) fn crash(pod: &mut Value, crash: &Crash<'_>) {
    unready(pod, crash.at);
    for_each_status(pod, |status| {
        status["started"] = json!(false);
        status["restartCount"] = json!(crash.restarts);
        status["state"] =
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}});
        let ended =
            json!({"exitCode": crash.exit, "reason": crash.reason, "startedAt": crash.last, "finishedAt": crash.last});
        status["lastState"] = json!({"terminated": ended});
    });
}

/// A container that cannot be started; one that never ran has no last state.
pub(super) fn waiting(pod: &mut Value, reason: &str, message: &str, at: &str) {
    unready(pod, at);
    pod["metadata"]["creationTimestamp"] = json!(at);
    pod["status"]["phase"] = json!("Pending");
    pod["status"]["startTime"] = json!(at);
    set_condition(pod, "PodScheduled", true, "", at);
    for_each_status(pod, |status| {
        status["started"] = json!(false);
        status["restartCount"] = json!(0);
        status["lastState"] = json!({});
        status["state"] = json!({"waiting": {"reason": reason, "message": message}});
    });
}

/// The scheduler found no node.
pub(super) fn unschedulable(pod: &mut Value, message: &str, at: &str) {
    pod["metadata"]["creationTimestamp"] = json!(at);
    if let Some(spec) = pod["spec"].as_object_mut() {
        spec.remove("nodeName");
    }
    pod["status"] = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": at},
    ]});
}

/// Nobody looked at it: the scheduler is away.
pub(super) fn unseen(pod: &mut Value, at: &str) {
    unschedulable(pod, "", at);
    pod["status"] = json!({"phase": "Pending"});
}

/// Deleted, and not gone.
pub(super) fn terminating(pod: &mut Value, at: &str) {
    pod["metadata"]["deletionTimestamp"] = json!(at);
    pod["metadata"]["deletionGracePeriodSeconds"] = json!(30);
}

/// Its node no longer reports: the node controller takes it out of service and touches nothing else.
pub(super) fn lost(pod: &mut Value, at: &str) {
    set_condition(pod, "Ready", false, "", at);
}
