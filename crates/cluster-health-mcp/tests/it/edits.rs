//! Faults put into an archive by editing its files are found or named, with the right object and time.

use std::fs;
use std::path::{Path, PathBuf};

use cluster_health::{Report, Verdict};
use tempfile::TempDir;

use crate::clusters::{files, load, scenario, text};

/// A copy of a cluster that may be damaged.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn of(source: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in files(source) {
            let target = folder.path().join(file.strip_prefix(source).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(file, target).unwrap();
        }
        Self { folder }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn add(&self, file: &str, content: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), content).unwrap();
    }

    fn report(&self) -> Report {
        load(self.folder.path()).report
    }
}

fn healthy() -> Copy {
    Copy::of(&scenario("healthy"))
}

#[track_caller]
fn assert_found(report: &Report, id: &str, since: Option<&str>) {
    let found = report.findings.iter().find(|finding| finding.id == id);
    let found = found.unwrap_or_else(|| {
        panic!("{id} is not among {:?}", report.findings.iter().map(|finding| &finding.id).collect::<Vec<_>>())
    });
    assert_eq!(found.since.as_ref().map(|since| since.at.to_string()).as_deref(), since, "{id}");
    assert!(report.verdict >= Verdict::Degraded);
}

const NODE: &str = "apiVersion: v1
kind: Node
metadata:
  name: worker-9
  creationTimestamp: \"2026-10-01T00:00:00Z\"
  labels:
    node-role.kubernetes.io/worker: \"\"
status:
  conditions:
  - lastTransitionTime: \"2026-11-18T09:50:00Z\"
    message: Kubelet stopped posting node status.
    reason: NodeStatusUnknown
    status: Unknown
    type: Ready
";

#[test]
fn a_node_that_is_not_ready() {
    let copy = healthy();
    copy.add("cluster-scoped-resources/core/nodes/worker-9.yaml", NODE);
    assert_found(&copy.report(), "node-not-ready/Node/worker-9", Some("2026-11-18T09:50:00Z"));
}

#[test]
fn an_operator_that_is_degraded() {
    let copy = healthy();
    copy.add(
        "cluster-scoped-resources/config.openshift.io/clusteroperators/ingress-two.yaml",
        "apiVersion: config.openshift.io/v1
kind: ClusterOperator
metadata:
  name: ingress-two
  creationTimestamp: \"2026-10-01T00:00:00Z\"
status:
  conditions:
  - {type: Available, status: \"True\", lastTransitionTime: \"2026-10-01T00:00:00Z\"}
  - {type: Progressing, status: \"False\", lastTransitionTime: \"2026-10-01T00:00:00Z\"}
  - {type: Degraded, status: \"True\", reason: SyncFailed, lastTransitionTime: \"2026-11-18T09:10:00Z\"}
",
    );
    assert_found(&copy.report(), "operator-degraded/ClusterOperator/ingress-two", Some("2026-11-18T09:10:00Z"));
}

#[test]
fn a_deployment_without_replicas() {
    let copy = healthy();
    copy.add(
        "namespaces/shop/apps/deployments/ghost.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: ghost, namespace: shop, generation: 1, creationTimestamp: \"2026-10-01T00:00:00Z\"}
spec: {replicas: 2, selector: {matchLabels: {app: ghost}}}
status:
  observedGeneration: 1
  replicas: 2
  unavailableReplicas: 2
  conditions:
  - {type: Available, status: \"False\", reason: MinimumReplicasUnavailable, lastTransitionTime: \"2026-11-18T09:30:00Z\"}
",
    );
    let report = copy.report();
    assert_found(&report, "workload-deployment-short/Deployment/shop/ghost", Some("2026-11-18T09:30:00Z"));
    assert_eq!(report.verdict, Verdict::Unhealthy);
}

#[test]
fn a_claim_that_stays_pending() {
    let copy = healthy();
    copy.add(
        "namespaces/shop/core/persistentvolumeclaims/lost.yaml",
        "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: lost, namespace: shop, creationTimestamp: \"2026-11-18T08:00:00Z\"}
spec: {accessModes: [ReadWriteOnce], storageClassName: no-such-class, resources: {requests: {storage: 1Gi}}}
status: {phase: Pending}
",
    );
    assert_found(&copy.report(), "storage-claim-pending/PersistentVolumeClaim/shop/lost", Some("2026-11-18T08:00:00Z"));
}

#[test]
fn a_certificate_request_nobody_decides() {
    let copy = healthy();
    copy.add(
        "cluster-scoped-resources/certificates.k8s.io/certificatesigningrequests/csr-old.yaml",
        "apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: csr-old, creationTimestamp: \"2026-11-18T08:30:00Z\"}
spec: {signerName: kubernetes.io/kubelet-serving, username: \"system:node:worker-9\"}
status: {}
",
    );
    let report = copy.report();
    let found = report.findings.iter().find(|finding| finding.check == "certificate-request-pending");
    let found = found.unwrap_or_else(|| panic!("{}", text(&load(copy.folder.path()))));
    assert_eq!(found.since.as_ref().unwrap().at.to_string(), "2026-11-18T08:30:00Z");
}

#[test]
fn a_file_that_ends_early_is_named_and_never_healthy() {
    let copy = healthy();
    let pods = copy.path("namespaces/shop/core/pods.yaml");
    let whole = fs::read(&pods).unwrap();
    fs::write(&pods, &whole[..whole.len() / 2]).unwrap();
    let report = copy.report();
    let gap = report.coverage.kinds.iter().find(|kind| kind.kind.name() == "Pod").unwrap();
    assert!(gap.because.contains("end early") && gap.because.contains("namespaces/shop/core/pods.yaml"), "{gap:?}");
    assert_ne!(report.verdict, Verdict::Healthy);
}

#[test]
fn an_object_that_cannot_be_read_is_named_and_costs_only_itself() {
    let copy = healthy();
    let nodes = load(copy.folder.path()).report.cluster.nodes;
    copy.add(
        "cluster-scoped-resources/core/nodes/broken.yaml",
        "apiVersion: v1\nkind: Node\nmetadata:\n  name: broken\nstatus:\n  conditions: seven\n",
    );
    let report = copy.report();
    let gap = report.coverage.kinds.iter().find(|kind| kind.kind.name() == "Node").unwrap();
    assert!(gap.because.contains("1 objects could not be read") && gap.because.contains("broken"), "{gap:?}");
    assert_eq!((report.cluster.nodes, report.verdict), (nodes, Verdict::Unknown));
}

#[test]
fn what_was_not_collected_is_named_and_nodes_are_needed_for_healthy() {
    let copy = healthy();
    fs::remove_dir_all(copy.path("cluster-scoped-resources/core")).unwrap();
    let report = copy.report();
    assert_eq!(report.verdict, Verdict::Unknown);
    assert!(
        report.coverage.kinds.iter().any(|kind| kind.kind.name() == "Node" && kind.because == "not in the archive")
    );
    assert!(report.coverage.checks_blind.iter().any(|blind| blind.check == "node-not-ready"));
}
