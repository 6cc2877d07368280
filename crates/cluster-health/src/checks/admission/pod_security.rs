//! Namespaces whose pod security level refuses pods.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::namespace::Namespace;
use crate::model::{Kind, Resource};
use crate::pod_trouble;
use crate::refusals::{Cause, Refusal, SINCE};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "admission-pod-security",
    title: "A namespace's pod security level refuses pods",
    explain: "Looks for namespaces in which workloads have had pods refused for five minutes because they violate the \
              enforced level of pod security. Such pods are never created. The usual causes are a workload that wants \
              to run as root, needs a privilege or a host path, or just lacks the fields that the restricted level asks \
              for (runAsNonRoot, a seccomp profile, no privilege escalation, capabilities dropped), and a level that was \
              raised by label or for the whole cluster. Warnings and audit entries of a level that is not enforced do \
              not count: they refuse nothing.",
    layer: Layer::Admission,
    needs: &[Kind::Namespace],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Event],
    reference: "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    run,
};

const LABEL: &str = "pod-security.kubernetes.io/enforce";

fn run(view: &View, out: &mut Vec<Finding>) {
    for (namespace, refusals) in view.refusals() {
        let refused: Vec<&Refusal> = refusals.iter().filter(|it| it.cause() == Some(Cause::PodSecurity)).collect();
        let namespace = view.cluster.namespaces.get("", namespace);
        if let (Some(namespace), Some(first)) = (namespace, refused.first()) {
            out.push(finding(view, namespace, first, &refused));
        }
    }
}

fn finding(view: &View, namespace: &Namespace, first: &Refusal, refused: &[&Refusal]) -> Finding {
    let (cli, name) = (view.cli(), &namespace.meta.name);
    let level = match namespace.meta.labels.get(LABEL).map(|level| &**level) {
        Some(level @ ("restricted" | "baseline" | "privileged")) => level,
        Some(_) => "(not a level there is)",
        None => "(not set: the cluster's own default counts)",
    };
    let severity = refused.iter().map(|refusal| pod_trouble::severity(view, &refusal.workload)).max();
    let title = format!("its pod security level refuses pods of {} workloads", refused.len());
    Finding::new(&CHECK, severity.unwrap_or(Severity::Warning), namespace.reference(), title)
        .since(refused.iter().filter_map(|refusal| refusal.since).min(), SINCE)
        .fact(format!("metadata.labels[{LABEL}]"), level)
        .confidence(Confidence::Likely)
        .untrusted(format!("{} refused", first.workload), first.message)
        .affects(refused.iter().map(|refusal| refusal.workload.clone()))
        .look(
            format!("{cli} get events -n {name} --field-selector reason=FailedCreate"),
            "shows which fields of which pods violate the level",
        )
        .look(format!("{cli} get namespace {name} --show-labels"), "shows the levels that are enforced, warned of and audited")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(message: &str) -> String {
        format!(
            "
        kind: Namespace
        metadata: {{name: shop, labels: {{pod-security.kubernetes.io/enforce: restricted}}}}
        ---
        kind: Deployment
        metadata: {{name: web, namespace: shop}}
        spec: {{replicas: 1}}
        status:
          conditions:
          - {{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: '{message}', lastTransitionTime: @20m}}"
        )
    }

    #[test]
    fn the_level_and_the_workload_are_named() {
        let found = fires(&CHECK, &scene("pods is forbidden: violates PodSecurity \"restricted:latest\""), &[
            "critical Namespace shop: its pod security level refuses pods of 1 workloads (since 20m)",
        ]);
        assert!(format!("{:?}", found[0].facts[0]).contains("\"restricted\""));
    }

    #[test]
    fn other_refusals_are_silent() {
        silent(&CHECK, &scene("exceeded quota: team"));
    }
}
