//! Containers that cannot start because their image cannot be pulled.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
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
    let many = pod_trouble::how_many(view, workload, pods);
    let title = format!("the image of container {name} cannot be pulled ({many})");
    let event = view.pod_warning(pod, &["Failed"]).and_then(|event| event.message.as_deref());
    let cause = waiting.message.as_deref().and_then(class).or_else(|| event.and_then(class));
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title)
        .fact(format!("spec.containers[{name}].image"), crate::untrusted::clean(&container.image, 200));
    if let Some(cause) = cause {
        finding = finding.fact("likely cause, by the runtime's message", cause);
    }
    finding = finding
        .fact(format!("status.containerStatuses[{name}].state.waiting.reason"), &waiting.reason)
        .fact("registry", crate::untrusted::clean(registry(&container.image), 100))
        .untrusted(format!("status.containerStatuses[{name}].state.waiting.message"), waiting.message.as_deref())
        .untrusted("events[reason=Failed].message", event)
        .look(pod_trouble::describe(view, pod), "shows the registry's whole answer in the events");
    let finding = finding.look(
        format!("{} get pods -A -o wide --field-selector=status.phase=Pending", view.cli()),
        "shows whether pods of other workloads wait as well, which points to the registry",
    );
    Some(pod_trouble::offer_undo(finding, view, workload))
}

/// Container runtimes write these messages from the registry's answer.
fn class(message: &str) -> Option<&'static str> {
    const CLASSES: [(&str, &[&str]); 8] = [
        ("the registry limits the rate of pulls", &["toomanyrequests", "rate limit"]),
        ("the registry's certificate is not trusted", &["x509", "certificate"]),
        ("the registry's name is not resolved (DNS)", &["no such host", "server misbehaving", "name resolution"]),
        ("the image's signature is not accepted", &["signature"]),
        ("the registry refuses the credentials", &["unauthorized", "authentication required", "denied", "forbidden"]),
        ("the image or tag does not exist", &["manifest unknown", "not found", "name unknown", "does not exist"]),
        ("the registry does not answer", &["timeout", "deadline exceeded", "connection refused", "no route to host"]),
        ("the image's name is malformed", &["invalid reference format", "couldn't parse image"]),
    ];
    let message = message.to_ascii_lowercase();
    CLASSES.iter().find(|(_, signs)| signs.iter().any(|sign| message.contains(sign))).map(|(class, _)| *class)
}

/// The part of an image's name before its path; names without one are Docker Hub's.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECK, class, registry};
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
            "warning StatefulSet shop/api: the image of container app cannot be pulled (the pod) (since 12m)",
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
            "critical StatefulSet openshift-console/api: the image of container app cannot be pulled (the pod) (since 12m)",
        ]);
    }

    #[test]
    fn a_young_wait_and_a_slow_pull_are_silent() {
        silent(&CHECK, &WAITING.replace("@12m", "@4m"));
        silent(&CHECK, &WAITING.replace("ImagePullBackOff", "ContainerCreating"));
    }

    #[test]
    fn messages_and_names_are_classified() {
        for (message, expected) in [
            ("pinging container registry r.example.com: Get: dial tcp: lookup r.example.com: no such host", "DNS"),
            ("reading manifest: unauthorized: access to the requested resource is not authorized", "credentials"),
            ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "trusted"),
            ("toomanyrequests: You have reached your pull rate limit", "rate"),
            ("dial tcp 192.0.2.1:443: i/o timeout", "not answer"),
        ] {
            assert!(class(message).unwrap().contains(expected), "{message}");
        }
        assert_eq!(class("Back-off pulling image"), None);
        assert_eq!(registry("registry.example.com:5000/a/b@sha256:00"), "registry.example.com:5000");
        assert_eq!(registry("library/nginx"), "docker.io");
        assert_eq!(registry("nginx:1"), "docker.io");
    }
}
