//! Pods that have a node but whose containers are never created.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::event::Event;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble};
use crate::thresholds::POD_CREATING_HOLD;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-creating-stuck",
    title: "A workload's containers are not created",
    explain: "Looks for pods that have been given a node, yet have stood at ContainerCreating or PodInitializing for ten \
              minutes. Before the first container the kubelet attaches and mounts every volume and sets up the pod's \
              network, so the newest warning about the pod tells which of the two fails: FailedAttachVolume (often a \
              volume still held by another, dead node), FailedMount (also a missing ConfigMap or Secret) or \
              FailedCreatePodSandBox (the network plugin). Without a warning, a large image may still be pulled.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Event, Kind::Node, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
    run,
};

/// Reasons by which a kubelet or the attach controller says what holds a pod up, with what they mean.
const REASONS: [(&str, &str); 4] = [
    ("FailedAttachVolume", "a volume cannot be attached to its node"),
    ("FailedMount", "a volume cannot be mounted"),
    ("FailedMapVolume", "a block volume cannot be mapped"),
    ("FailedCreatePodSandBox", "its network cannot be set up"),
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::Creating) {
        let stuck: Vec<&Pod> = pods
            .iter()
            .copied()
            .filter(|pod| view.held(pod_trouble::unready_since(pod).0, POD_CREATING_HOLD))
            .collect();
        out.extend(finding(view, workload, &stuck));
    }
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let warned = pods.iter().find_map(|pod| Some((*pod, warning(view, pod)?)));
    let pod = warned.map_or(*pods.first()?, |(pod, _)| pod);
    let many = pod_trouble::how_many_of(view, workload, pods);
    let why = warned.map_or("no warning says why", |(_, (_, why))| why);
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, format!("containers are not created: {why}{many}"));
    if let Some((_, (event, _))) = warned {
        finding = finding
            .fact("events[*].reason", &event.reason)
            .fact("events[*].count", event.count)
            .untrusted("events[*].message", event.message.as_deref());
    } else if !view.seen_in(Kind::Event, &pod.meta.namespace) {
        finding = finding.fact("events", "not seen, so the reason is unknown");
    }
    let finding = finding
        .fact("spec.nodeName", pod_trouble::shown(&pod.node))
        .look(pod_trouble::describe(view, pod), "shows its volumes and the newest events");
    Some(match warned {
        Some((_, (event, _))) => depends(view, pod, event, finding),
        None => finding,
    })
}

/// What is said of this pod, not of an earlier one by the same name: a volume that is not attached is not mounted
/// either, so the first of the steps that fail counts.
fn warning<'a>(view: &View<'a>, pod: &Pod) -> Option<(&'a Event, &'static str)> {
    REASONS.iter().find_map(|(reason, why)| {
        let event = view.pod_warning(pod, &[reason]).filter(|event| event.last >= pod.meta.created)?;
        Some((event, *why))
    })
}

fn depends(view: &View, pod: &Pod, event: &Event, finding: Finding) -> Finding {
    let namespace = &pod.meta.namespace;
    if event.reason == "FailedCreatePodSandBox" {
        let node = view.node(&pod.node).map(Resource::reference);
        return finding.depends_on(node).look(
            format!("{} get pods -A -o wide --field-selector=spec.nodeName={}", view.cli(), pod_trouble::shown(&pod.node)),
            "shows whether the network plugin's pods on the node are well",
        );
    }
    let finding = finding.depends_on(view.config_needs(&pod.template, namespace));
    let claims = pod.template.claims.iter().map(|claim| ObjectRef::new(Kind::PersistentVolumeClaim, namespace, claim));
    let node = ObjectRef::new(Kind::CSINode, &crate::name::Name::empty(), &pod.node);
    finding.depends_on(claims).depends_on([node]).look(
        format!("{} get pvc -n {namespace}", view.cli()),
        "shows whether its claims are bound, and to which volumes",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STUCK: &str = "
        kind: Pod
        metadata: {name: db-0, namespace: shop, creationTimestamp: @21m, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app}], volumes: [{persistentVolumeClaim: {claimName: data-db-0}}]}
        status:
          phase: Pending
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @21m}]
          containerStatuses: [{name: app, state: {waiting: {reason: ContainerCreating}}}]
        ---
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: Unknown}]}";

    #[test]
    fn without_a_warning_it_says_so() {
        fires(&CHECK, STUCK, &[
            "warning StatefulSet shop/db: containers are not created: no warning says why (since 21m)",
        ]);
    }

    #[test]
    fn a_warning_leads_to_the_claims_or_the_node() {
        let warned = format!(
            "{STUCK}
        ---
        kind: Event
        metadata: {{name: db-0.1, namespace: shop}}
        involvedObject: {{kind: Pod, namespace: shop, name: db-0}}
        type: Warning
        reason: FailedAttachVolume
        lastTimestamp: @1m"
        );
        let found = fires(&CHECK, &warned, &[
            "warning StatefulSet shop/db: containers are not created: a volume cannot be attached to its node (since 21m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["PersistentVolumeClaim shop/data-db-0", "CSINode w1"]);
        let sandbox = warned.replace("FailedAttachVolume", "FailedCreatePodSandBox");
        let found = fires(&CHECK, &sandbox, &[
            "warning StatefulSet shop/db: containers are not created: its network cannot be set up (since 21m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Node w1");
    }

    #[test]
    fn a_pod_that_starts_right_now_or_does_run_is_silent() {
        silent(&CHECK, &STUCK.replace("@21m", "@6m"));
        silent(&CHECK, &STUCK.replace("spec: {nodeName: w1", "spec: {nodeName: w2"));
        silent(&CHECK, &STUCK.replace("phase: Pending\n          cond", "phase: Running\n          cond").replace("{waiting: {reason: ContainerCreating}}", "{running: {}}"));
    }
}
