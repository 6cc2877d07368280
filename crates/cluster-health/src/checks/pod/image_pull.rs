//! Containers that cannot start because their image cannot be pulled.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::graph::{outside, registry};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::thresholds::POD_START_HOLD;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-image-pull",
    title: "A workload's image cannot be pulled",
    explain: "Looks for containers that have waited for their image for five minutes: ErrImagePull, ImagePullBackOff, \
              InvalidImageName, ErrImageNeverPull or SignatureValidationFailed. Usual causes are a tag that does not \
              exist, a pull secret that is missing or has expired, a registry or mirror that does not answer or is not \
              trusted, DNS or a proxy, and rate limits. When many workloads wait for one registry, look at the registry \
              first. A slow pull of a large image is not reported: the container is then still being created.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Event, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Node],
    reference: "https://kubernetes.io/docs/concepts/containers/images/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::ImagePull) {
        if view.held(pod_trouble::first_unready(pods.iter().copied()).0, POD_START_HOLD) {
            out.extend(finding(view, workload, pods));
        }
    }
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let pod = *pods.first()?;
    let (container, status) = pod_trouble::waiting_for_image(pod)?;
    let waiting = status.waiting()?;
    let name = shown(&container.name);
    let many = pod_trouble::how_many_of(view, workload, pods);
    let title = format!("the image of container {name} cannot be pulled{many}");
    let event = view.pod_warning(pod, &["Failed"]).and_then(|event| event.message.as_deref());
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title)
        .reference_of(format!("spec.containers[{name}].image"), &container.image);
    if let Some(cause) = view.pull_failure(pod) {
        finding = finding.fact("likely cause, by the runtime's message", cause.words());
    }
    finding = finding
        .fact(format!("status.containerStatuses[{name}].state.waiting.reason"), &waiting.reason)
        .fact("registry", registry(&container.image))
        .untrusted(format!("status.containerStatuses[{name}].state.waiting.message"), waiting.message.as_deref())
        .untrusted("events[reason=Failed].message", event)
        .depends_on([outside::named(outside::REGISTRY, registry(&container.image))])
        .look(pod_trouble::describe(view, pod), "shows the registry's whole answer in the events");
    let finding = finding.look(
        format!("{} get pods -A -o wide --field-selector=status.phase=Pending", view.cli()),
        "shows whether pods of other workloads wait as well, which points to the registry",
    );
    Some(pod_trouble::offer_undo(finding, view, workload))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const WAITING: &str = "
        kind: Pod
        metadata: {name: api-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: api, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, image: 'quay.io/shop/api:2'}]}
        status:
          phase: Pending
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @12m}]
          containerStatuses:
          - name: app
            state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling: manifest unknown'}}";

    #[test]
    fn a_missing_tag_is_named() {
        let found = fires(&CHECK, WAITING, &[
            "warning StatefulSet shop/api: the image of container app cannot be pulled (since 12m)",
        ]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("the image or tag does not exist") && facts.contains("quay.io"), "{facts}");
    }

    #[test]
    fn the_platform_is_critical_and_init_containers_count() {
        let platform = WAITING
            .replace("namespace: shop", "namespace: openshift-console")
            .replace("containers: [", "initContainers: [")
            .replace("containerStatuses", "initContainerStatuses");
        fires(&CHECK, &platform, &[
            "critical StatefulSet openshift-console/api: the image of container app cannot be pulled (since 12m)",
        ]);
    }

    #[test]
    fn a_young_wait_and_a_slow_pull_are_silent() {
        silent(&CHECK, &WAITING.replace("@12m", "@4m"));
        silent(&CHECK, &WAITING.replace("ImagePullBackOff", "ContainerCreating"));
    }

}
