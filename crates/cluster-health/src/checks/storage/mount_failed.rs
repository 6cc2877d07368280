//! Volumes that cannot be mounted into a pod.

use crate::checks::{Check, Layer};
use crate::claims::Stuck;
use crate::finding::{Confidence, Finding};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-mount-failed",
    title: "A volume cannot be mounted",
    explain: "Looks at pods that have a node, wait to start, and of which FailedMount was reported within the last hour \
              and first at least five minutes ago. The kubelet cannot give the containers one of their volumes: a \
              ConfigMap or Secret that does not exist, a file server that does not answer or refuses, a file system \
              that is damaged or of another type, or a storage driver that does not run on the node. Pods whose volume \
              cannot even be attached are left to the check for that. Critical on the platform and when a workload is \
              down because of it.",
    layer: Layer::Storage,
    needs: &[Kind::Pod, Kind::Event],
    uses: &[Kind::PersistentVolumeClaim],
    reference: "https://docs.openshift.com/container-platform/latest/support/troubleshooting/troubleshooting-storage-issues.html",
    run,
};

const REASON: &str = "FailedMount";

fn run(view: &View, out: &mut Vec<Finding>) {
    let stuck = view.waiting_for_volume(REASON);
    if stuck.is_empty() {
        return;
    }
    // What is not attached cannot be mounted: one trouble, told once.
    let attaching = view.waiting_for_volume(super::attach_failed::REASON);
    let is_attaching = |one: &&Stuck| attaching.iter().any(|other| other.workload == one.workload);
    out.extend(stuck.iter().filter(|one| !is_attaching(one)).filter_map(|one| finding(view, one)));
}

fn finding(view: &View, stuck: &Stuck) -> Option<Finding> {
    let &(pod, event) = stuck.pods.first()?;
    let (cli, name, namespace) = (view.cli(), &pod.meta.name, &pod.meta.namespace);
    let first = stuck.pods.iter().filter_map(|(_, event)| event.first).min();
    let claims = stuck.pods.iter().flat_map(|(pod, _)| view.claims_of(pod)).map(Resource::reference);
    let severity = view.workload_severity(&stuck.workload);
    let mut finding =
        Finding::new(&CHECK, severity, stuck.workload.clone(), "waits for a volume that cannot be mounted")
            .since(first, "firstTimestamp of event FailedMount")
            .affects(stuck.pods.iter().map(|(pod, _)| pod.reference()))
            .depends_on(claims)
            .depends_on(view.config_needs(&pod.template, namespace))
            .look(format!("{cli} describe pod {name} -n {namespace}"), "shows which volume, and what the kubelet says");
    if let Some(class) = event.message.as_deref().and_then(class) {
        finding = finding.fact("kind of failure", class).confidence(Confidence::Likely);
    }
    Some(
        finding
            .fact("spec.nodeName", &pod.node)
            .fact(format!("event {REASON} count"), event.count)
            .untrusted(format!("event {REASON}"), event.message.as_deref()),
    )
}

/// Wordings of the kubelet and of `mount`, the more telling ones first.
const CLASSES: &[(&str, &str)] = &[
    ("configmap \"", "a ConfigMap it needs is missing"),
    ("secret \"", "a Secret it needs is missing"),
    ("references non-existent", "a key it needs is missing"),
    ("access denied by server", "the file server refuses"),
    ("ermission denied", "permission denied"),
    ("wrong fs type", "file system not as expected"),
    ("not found in the list of registered CSI drivers", "storage driver not running on the node"),
    ("No route to host", "file server not reachable"),
    ("Connection refused", "file server not reachable"),
    ("timed out waiting for the condition", "timed out"),
    ("DeadlineExceeded", "timed out"),
];

fn class(message: &str) -> Option<&'static str> {
    CLASSES.iter().find(|(words, _)| message.contains(words)).map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STUCK: &str = "
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Pod
        metadata: {name: web, namespace: shop, creationTimestamp: @25m}
        spec: {nodeName: w2}
        status: {phase: Pending}
        ---
        kind: Event
        metadata: {name: e, namespace: shop}
        involvedObject: {kind: Pod, namespace: shop, name: web}
        type: Warning
        reason: FailedMount
        message: 'MountVolume.SetUp failed for volume \"tls\" : secret \"web-tls\" not found'
        firstTimestamp: @20m
        lastTimestamp: @2m";

    #[test]
    fn a_pod_that_waits_for_its_mount_is_down() {
        let found =
            fires(&CHECK, STUCK, &["critical Pod shop/web: waits for a volume that cannot be mounted (since 20m)"]);
        assert!(format!("{:?}", found[0].facts).contains("a Secret it needs is missing"));
    }

    #[test]
    fn a_retry_that_worked_and_a_dead_node_are_silent() {
        silent(&CHECK, &STUCK.replace("Pending", "Running"));
        silent(&CHECK, &STUCK.replace("status: 'True'", "status: Unknown"));
        silent(&CHECK, &STUCK.replace("@20m", "@2m"));
    }

    #[test]
    fn what_cannot_be_attached_is_told_there() {
        let attach = "
        ---
        kind: Event
        metadata: {name: f, namespace: shop}
        involvedObject: {kind: Pod, namespace: shop, name: web}
        type: Warning
        reason: FailedAttachVolume
        firstTimestamp: @20m
        lastTimestamp: @2m";
        silent(&CHECK, &format!("{STUCK}{attach}"));
    }
}
