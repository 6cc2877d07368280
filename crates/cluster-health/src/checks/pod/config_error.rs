//! Containers that the runtime refuses to create or start as they are configured.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble, required, shown};
use crate::thresholds::POD_START_HOLD;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-config-error",
    title: "A workload's containers cannot be created as configured",
    explain: "Looks for containers that have waited for five minutes with CreateContainerConfigError, \
              CreateContainerError or RunContainerError. The first nearly always means a ConfigMap or Secret, or a key \
              of one, that the container refers to and that does not exist in its namespace; the others a command, \
              mount or security setting the runtime refuses. Nothing starts until it is corrected, and the kubelet \
              tries again by itself. Trouble with mounting volumes is looked at separately.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Node],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::Configuration) {
        if view.held(pod_trouble::first_unready(pods.iter().copied()).0, POD_START_HOLD) {
            out.extend(finding(view, workload, pods));
        }
    }
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let pod = *pods.first()?;
    let (container, status) = pod_trouble::misconfigured(pod)?;
    let waiting = status.waiting()?;
    let name = shown(&container.name);
    let many = pod_trouble::how_many_of(view, workload, pods);
    let trouble = match &*waiting.reason {
        "CreateContainerConfigError" => "lacks a ConfigMap, Secret or key it refers to",
        "CreateContainerError" => "is refused by the container runtime",
        _ => "cannot be started",
    };
    let path = format!("status.containerStatuses[{name}].state.waiting");
    let mut finding =
        pod_trouble::finding(view, &CHECK, workload, pods, format!("container {name} {trouble}{many}"))
            .fact(format!("{path}.reason"), &waiting.reason)
            .untrusted(format!("{path}.message"), waiting.message.as_deref());
    for (field, references) in
        [("configMap", &pod.template.config_maps), ("secret", &pod.template.secrets)]
    {
        let names = required(references);
        if !names.is_empty() {
            finding = finding.fact(format!("spec.volumes[*].{field}"), names);
        }
    }
    let namespace = &pod.meta.namespace;
    let finding = finding.depends_on(view.config_needs(&pod.template, namespace)).look(pod_trouble::describe(view, pod), "names the missing object or the refused setting").look(
        format!("{} get configmaps,secrets -n {namespace} -o name", view.cli()),
        "lists what exists, by name only, to compare with what the containers refer to",
    );
    Some(pod_trouble::offer_undo(finding, view, workload))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const REFUSED: &str = "
        kind: Pod
        metadata: {name: api-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: api, controller: true}]}
        spec:
          nodeName: w1
          containers: [{name: app}]
          volumes: [{configMap: {name: settings}}, {secret: {secretName: extra, optional: true}}]
        status:
          phase: Pending
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @12m}]
          containerStatuses:
          - {name: app, state: {waiting: {reason: CreateContainerConfigError, message: 'secret \"db\" not found'}}}";

    #[test]
    fn a_missing_secret_and_a_refused_container_are_told_apart() {
        let found = fires(&CHECK, REFUSED, &[
            "warning StatefulSet shop/api: container app lacks a ConfigMap, Secret or key it refers to (since 12m)",
        ]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("settings") && !facts.contains("extra"), "{facts}");
        fires(&CHECK, &REFUSED.replace("ContainerConfigError", "ContainerError"), &[
            "warning StatefulSet shop/api: container app is refused by the container runtime (since 12m)",
        ]);
    }

    #[test]
    fn what_has_just_begun_or_simply_takes_its_time_is_silent() {
        silent(&CHECK, &REFUSED.replace("@12m", "@2m"));
        silent(&CHECK, &REFUSED.replace("CreateContainerConfigError", "ContainerCreating"));
    }
}
