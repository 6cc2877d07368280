use super::{State, Weight, readiness, weight};
use crate::report::assess;
use crate::testing::{cluster, now};

fn state_of(documents: &str) -> State {
    let cluster = cluster(documents);
    readiness(&cluster, &assess(&cluster, now())).state
}

const CALM: &str = "
    kind: ClusterVersion
    metadata: {name: version}
    spec: {channel: stable-4.20}
    status:
      desired: {version: 4.20.4}
      history: [{state: Completed, version: 4.20.4}]
      conditions: [{type: Available, status: 'True'}, {type: Progressing, status: 'False'}]
    ---
    kind: Node
    metadata: {name: w1, labels: {node-role.kubernetes.io/worker: ''}}
    status: {conditions: [{type: Ready, status: 'True'}]}";

#[test]
fn a_calm_cluster_is_ready_and_one_that_was_not_seen_is_not() {
    assert_eq!(state_of(CALM), State::Ready);
    let mut unseen = cluster(CALM);
    unseen.coverage.set(
        crate::model::Kind::PodDisruptionBudget,
        crate::coverage::Seen::NotSeen(crate::coverage::Reason::Forbidden),
    );
    let readiness = readiness(&unseen, &assess(&unseen, now()));
    assert_eq!(readiness.state, State::Unknown);
    assert!(readiness.not_seen[0].starts_with("poddisruptionbudgets"), "{:?}", readiness.not_seen);
}

#[test]
fn an_acknowledgement_blocks_the_next_minor_version_only() {
    let ack = CALM.replace(
        "{type: Progressing, status: 'False'}",
        "{type: Progressing, status: 'False'}, {type: Upgradeable, status: 'False', reason: AdminAckRequired, lastTransitionTime: @3d}",
    );
    assert_eq!(state_of(&ack), State::BlockedForMinor);
    let degraded = format!(
        "{ack}
    ---
    kind: ClusterOperator
    metadata: {{name: dns}}
    status: {{conditions: [{{type: Available, status: 'True'}}, {{type: Degraded, status: 'True', lastTransitionTime: @2h}}]}}"
    );
    assert_eq!(state_of(&degraded), State::Blocked);
}

#[test]
fn a_running_update_says_where_it_stands() {
    let updating = CALM
        .replace("history: [", "history: [{state: Partial, version: 4.20.5, startedTime: @30m}, ")
        .replace("desired: {version: 4.20.4}", "desired: {version: 4.20.5}")
        + "
    ---
    kind: ClusterOperator
    metadata: {name: dns}
    status: {versions: [{name: operator, version: 4.20.4}], conditions: [{type: Available, status: 'True'}]}
    ---
    kind: ClusterOperator
    metadata: {name: etcd}
    status: {versions: [{name: operator, version: 4.20.5}], conditions: [{type: Available, status: 'True'}]}";
    let calm = cluster(&updating);
    let readiness = readiness(&calm, &assess(&calm, now()));
    let progress = readiness.progress.unwrap();
    assert_eq!(
        (readiness.state, progress.operators_done, progress.waiting),
        (State::Updating, 1, vec!["dns".to_owned()])
    );
    assert_eq!(state_of(&updating.replace("startedTime: @30m", "startedTime: @9h")), State::Stuck);
}

#[test]
fn every_weight_is_of_a_check_there_is() {
    let unknown: Vec<_> = weight::checks().filter(|id| crate::checks::by_id(id).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(Weight::ALL.is_sorted());
}

/// Somebody thought about these: an update neither waits for what they find nor breaks by it. `version-update-stuck` is
/// told as the progress of the update itself.
const NO_OBSTACLES: &[&str] = &[
    "admission-account-forbidden",
    "admission-limit-range",
    "admission-pod-security",
    "admission-pods-refused",
    "api-definition-not-established",
    "api-flow-schema-dangling",
    "api-login-unavailable",
    "autoscaler-at-maximum",
    "autoscaler-no-metrics",
    "autoscaler-target-missing",
    "certificate-not-issued",
    "certificate-request-refused",
    "event-warning-storm",
    "gpu-discovery-missing",
    "gpu-not-allocatable",
    "gpu-pods-waiting",
    "gpu-policy-not-ready",
    "machine-autoscaler-at-limit",
    "machine-bare-metal-host",
    "machine-control-plane-set",
    "machine-failed",
    "machine-not-running",
    "machine-replacement-stopped",
    "machine-set-short",
    "monitoring-alert-firing",
    "monitoring-receivers-missing",
    "monitoring-silence-hides-critical",
    "monitoring-silence-lasting",
    "monitoring-unavailable",
    "monitoring-watchdog-missing",
    "namespace-terminating",
    "network-dns-missing-on-node",
    "network-egress-ip-unassigned",
    "network-gateway-not-programmed",
    "network-host-ports-taken",
    "network-http-route-rejected",
    "network-http-route-without-backend",
    "network-ingress-class-missing",
    "network-ingress-controller-degraded",
    "network-ingress-without-backend",
    "network-load-balancer-pending",
    "network-path-unreachable",
    "network-policy-blocks-dependency",
    "network-policy-blocks-entrance",
    "network-route-rejected",
    "network-route-without-backend",
    "network-router-short",
    "network-service-port-mismatch",
    "network-service-without-endpoints",
    "network-subnets-exhausted",
    "node-control-plane-taint-missing",
    "node-pods-full",
    "node-tainted",
    "node-unknown-to-provider",
    "olm-approval-pending",
    "olm-catalog-not-serving",
    "olm-catalog-unready",
    "olm-csv-failed",
    "olm-extension-failed",
    "olm-install-plan-failed",
    "olm-operator-group-wrong",
    "olm-subscription-failed",
    "operator-progressing",
    "pod-config-error",
    "pod-config-map-missing",
    "pod-crash-loop",
    "pod-creating-stuck",
    "pod-evicted",
    "pod-image-pull",
    "pod-init-stuck",
    "pod-not-ready",
    "pod-oom-killed",
    "pod-probe-killed",
    "pod-restarting",
    "pod-scratch-space-exceeded",
    "pod-service-port-unknown",
    "pod-service-unknown",
    "pod-unschedulable",
    "pod-unscheduled",
    "quota-cluster-exhausted",
    "quota-exhausted",
    "registry-import-failed",
    "registry-pruner-failed",
    "registry-unavailable",
    "serving-model-not-fetched",
    "serving-model-not-loaded",
    "serving-not-ready",
    "serving-platform-not-ready",
    "serving-runtime-missing",
    "storage-attach-failed",
    "storage-claim-lost",
    "storage-claim-pending",
    "storage-default-class",
    "storage-mount-failed",
    "storage-resize-stuck",
    "storage-snapshot-failed",
    "storage-volume-failed",
    "storage-volume-node-missing",
    "version-update-stuck",
    "virtualization-machine-failed",
    "virtualization-operator-degraded",
    "workload-build-failed",
    "workload-cron-job-missed",
    "workload-daemon-set-short",
    "workload-deployment-config-short",
    "workload-deployment-short",
    "workload-job-failed",
    "workload-not-spread",
    "workload-priority-class-missing",
    "workload-replica-failure",
    "workload-rollout-stuck",
    "workload-runtime-class-missing",
    "workload-scaled-to-zero",
    "workload-service-account-missing",
    "workload-stateful-set-short",
];

#[test]
fn every_check_was_weighed() {
    let weighed: Vec<&str> = weight::checks().collect();
    for check in crate::checks::ALL {
        let counts = [weighed.contains(&check.id), NO_OBSTACLES.contains(&check.id)];
        assert_ne!(counts[0], counts[1], "{}: weigh it in weight.rs, or name it here", check.id);
    }
    assert_eq!(weighed.len() + NO_OBSTACLES.len(), crate::checks::ALL.len(), "a check is named that is none, or twice");
}
