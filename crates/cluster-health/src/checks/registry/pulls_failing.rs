//! Registries that several workloads cannot pull from.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Layer};
use crate::decode::is_legal;
use crate::finding::{Confidence, Finding, Severity, listed};
use crate::graph::{outside, registry};
use crate::image_pulls::Cause;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble};
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "registry-pulls-failing",
    title: "Several workloads cannot pull from one registry",
    explain: "Groups workloads that have waited five minutes for an image by the registry it comes from. Two or more that \
              wait for one registry, for a reason that does not lie with a single image, have a common cause: the \
              registry or its mirror does not answer, its name is not resolved, its certificate is not trusted, the pull \
              secret has expired, a proxy is in the way, or it limits the rate of pulls. Images and tags that do not \
              exist, malformed names and signatures are each workload's own and do not count. Critical on the platform \
              and from three namespaces on.",
    layer: Layer::Network,
    needs: &[Kind::Pod],
    uses: &[Kind::Event, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet],
    reference: "https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff",
    run,
};

/// A workload, one of its pods, and why it waits as far as that is known.
struct Waiting<'v> {
    workload: &'v ObjectRef,
    pod: &'v Pod,
    cause: Option<Cause>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_registry: BTreeMap<&str, Vec<Waiting>> = BTreeMap::new();
    for (workload, pods) in view.troubled(PodTrouble::ImagePull) {
        if !view.held(pod_trouble::first_unready(pods.iter().copied()).0, thresholds::POD_START_HOLD) {
            continue;
        }
        let Some(&pod) = pods.first() else { continue };
        let Some((container, _)) = pod_trouble::waiting_for_image(pod) else { continue };
        let (host, cause) = (registry(&container.image), view.pull_failure(pod));
        if is_legal(host) && !cause.is_some_and(Cause::is_of_one_image) {
            by_registry.entry(host).or_default().push(Waiting { workload, pod, cause });
        }
    }
    by_registry.retain(|_, waiting| waiting.len() >= thresholds::REGISTRY_WORKLOADS);
    out.extend(by_registry.into_iter().map(|(host, waiting)| finding(view, host, &waiting)));
}

fn finding(view: &View, host: &str, waiting: &[Waiting]) -> Finding {
    let cli = view.cli();
    let namespaces: BTreeSet<&str> = waiting.iter().map(|one| &*one.workload.namespace).collect();
    let causes: BTreeSet<&str> = waiting.iter().filter_map(|one| one.cause).map(Cause::words).collect();
    let nodes: BTreeSet<&str> = waiting.iter().map(|one| &*one.pod.node).collect();
    let widespread =
        namespaces.len() >= thresholds::REGISTRY_NAMESPACES || namespaces.iter().any(|namespace| is_platform(namespace));
    let severity = if widespread { Severity::Critical } else { Severity::Warning };
    let (since, field) = pod_trouble::first_unready(waiting.iter().map(|one| one.pod));
    let title = match causes.first().filter(|_| causes.len() == 1) {
        Some(cause) => format!("{} workloads cannot pull their images from it: {cause}", waiting.len()),
        None => format!("{} workloads cannot pull their images from it", waiting.len()),
    };
    let mut finding = Finding::new(&CHECK, severity, outside::named(outside::REGISTRY, host), title)
        .since(since, field)
        .confidence(Confidence::Likely);
    if !causes.is_empty() {
        finding = finding.fact("likely cause, by the runtime's messages", listed(causes));
    }
    finding
        .fact("namespaces", listed(namespaces))
        .fact("nodes", listed(nodes))
        .affects(waiting.iter().map(|one| one.workload.clone()))
        .look(
            format!("{cli} get events -A --field-selector reason=Failed"),
            "shows the registry's answers, by pod",
        )
        .look(
            format!("{cli} get pods -A -o wide --field-selector=status.phase=Pending"),
            "shows whether one node or all of them wait",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn waiting(namespace: &str, message: &str) -> String {
        format!(
            "
        kind: Pod
        metadata: {{name: api-1, namespace: {namespace}}}
        spec: {{nodeName: w1, containers: [{{name: app, image: 'quay.io/shop/api:2'}}]}}
        status:
          phase: Pending
          conditions: [{{type: Ready, status: 'False', lastTransitionTime: @12m}}]
          containerStatuses: [{{name: app, state: {{waiting: {{reason: ImagePullBackOff, message: '{message}'}}}}}}]
        ---"
        )
    }

    #[test]
    fn workloads_that_wait_for_one_registry_have_one_cause() {
        let two = waiting("shop", "dial tcp: lookup quay.io: no such host") + &waiting("blog", "Back-off pulling image");
        let found = fires(&CHECK, &two, &[
            "warning Registry quay.io: 2 workloads cannot pull their images from it: the registry's name is not resolved (DNS) \
             (since 12m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("is not resolved (DNS)"));
        fires(&CHECK, &(two + &waiting("openshift-dns", "i/o timeout")), &[
            "critical Registry quay.io: 3 workloads cannot pull their images from it (since 12m)",
        ]);
    }

    #[test]
    fn it_explains_what_waits() {
        let two = waiting("shop", "no such host") + &waiting("blog", "no such host");
        let report = crate::report::assess(&crate::testing::cluster(&two), crate::testing::now());
        let pulls = report.findings.iter().filter(|finding| finding.check == "pod-image-pull");
        let causes: Vec<_> = pulls.filter_map(|finding| finding.explained_by.as_deref()).collect();
        assert_eq!(causes, ["registry-pulls-failing/Registry/quay.io"; 2]);
    }

    #[test]
    fn one_workload_and_tags_that_do_not_exist_are_silent() {
        silent(&CHECK, &waiting("shop", "no such host"));
        silent(&CHECK, &(waiting("shop", "manifest unknown") + &waiting("blog", "manifest unknown")));
        silent(&CHECK, &(waiting("shop", "no such host") + &waiting("blog", "no such host").replace("quay.io", "ghcr.io")));
    }
}
