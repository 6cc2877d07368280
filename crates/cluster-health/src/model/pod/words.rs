//! A pod in words: the one that `kubectl get pods` would show, and its fields.

use super::{Container, ContainerStatus, Pod, State, Termination};
use crate::describe::Facts;

impl Pod {
    /// What is the matter with the pod, or else its phase: `Terminating`, `Evicted`, `CrashLoopBackOff`, `Init:Error`,
    /// `OOMKilled`, `Running`. Words come from the kubelet and the runtime.
    pub fn status_word(&self) -> String {
        if self.meta.deletion.is_some() {
            return "Terminating".to_owned();
        }
        if !self.reason.is_empty() {
            return self.reason.to_string();
        }
        let init = self.init_statuses().find_map(|(container, status)| init_word(container, status));
        let main = || self.statuses().find_map(|(_, status)| word(status));
        let not_ready = || {
            let running = self.phase == super::Phase::Running;
            (running && !self.ready).then(|| "NotReady".to_owned())
        };
        init.or_else(main).or_else(not_ready).unwrap_or_else(|| self.phase.as_str().to_owned())
    }
}

/// An init container that holds up the rest.
fn init_word(container: &Container, status: &ContainerStatus) -> Option<String> {
    if container.sidecar && status.started == Some(true) {
        return None;
    }
    let word = match &status.state {
        State::Terminated(end) if end.exit_code == 0 => return None,
        State::Running { .. } | State::Unknown => return Some("Init".to_owned()),
        State::Waiting(waiting) if waiting.reason == "PodInitializing" => return Some("Init".to_owned()),
        State::Waiting(waiting) => waiting.reason.to_string(),
        State::Terminated(end) => ended(end),
    };
    Some(format!("Init:{word}"))
}

fn word(status: &ContainerStatus) -> Option<String> {
    match &status.state {
        State::Waiting(waiting) if !waiting.reason.is_empty() => Some(waiting.reason.to_string()),
        State::Terminated(end) => Some(ended(end)),
        State::Waiting(_) | State::Running { .. } | State::Unknown => None,
    }
}

fn ended(end: &Termination) -> String {
    if end.reason.is_empty() { format!("ExitCode:{}", end.exit_code) } else { end.reason.to_string() }
}

pub(super) fn facts(pod: &Pod, facts: Facts) -> Facts {
    let mut facts = facts
        .put("status", pod.status_word())
        .put("status.phase", pod.phase.as_str())
        .put("status.reason", &pod.reason)
        .untrusted("status.message", pod.message())
        .put("spec.nodeName", &pod.node)
        .put("spec.serviceAccountName", &pod.template.service_account)
        .put("spec.volumes[*].persistentVolumeClaim", pod.template.claims.join(","))
        .put_some("status.startTime", pod.started);
    for condition in pod.trouble.iter().flat_map(|trouble| trouble.conditions.iter()) {
        facts = facts.condition(condition);
    }
    for (container, status) in pod.init_statuses() {
        facts = container_facts(facts, "initContainerStatuses", container, status);
    }
    for (container, status) in pod.statuses() {
        facts = container_facts(facts, "containerStatuses", container, status);
    }
    facts
}

fn container_facts(facts: Facts, list: &str, container: &Container, status: &ContainerStatus) -> Facts {
    let path = format!("status.{list}[{}]", container.name);
    let state = match &status.state {
        State::Running { since } => {
            format!("running{}", since.map(|since| format!(" since {since}")).unwrap_or_default())
        }
        State::Waiting(waiting) => format!("waiting, {}", waiting.reason),
        State::Terminated(end) => format!("terminated, {}", ending(end)),
        State::Unknown => "unknown".to_owned(),
    };
    facts
        .put(format!("{path}.state"), state)
        .untrusted(format!("{path}.state.waiting.message"), status.waiting().and_then(|w| w.message.as_deref()))
        .put_some(format!("{path}.lastState"), status.last.as_deref().map(ending))
        .put(format!("{path}.ready"), status.ready)
        .put(format!("{path}.restartCount"), status.restarts)
        .untrusted(format!("{path}.image"), Some(&container.image))
        .put_some(format!("spec.containers[{}].resources.limits.memory", container.name), container.limits.memory)
        .put_some(format!("spec.containers[{}].resources.limits.cpu", container.name), container.limits.cpu)
}

fn ending(end: &Termination) -> String {
    let finished = end.finished.map(|at| format!(" at {at}")).unwrap_or_default();
    format!("{} (exit code {}){finished}", end.reason, end.exit_code)
}
