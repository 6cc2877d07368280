//! Real archives, where a checkout has them beside it: healthy clusters stay quiet, and every form gives one report.

use std::path::PathBuf;
use std::{env, fs};

use cluster_health::Verdict;

use crate::clusters::{load, tar, text, xz};
use crate::snapshot::repository;

fn archives() -> Vec<PathBuf> {
    let folder =
        env::var_os("MUST_GATHER_DATA").map_or_else(|| repository().join("../shared/data/must-gather"), PathBuf::from);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut archives: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    archives.retain(|path| path.to_string_lossy().ends_with(".tar.xz"));
    archives.sort();
    archives
}

#[test]
fn healthy_clusters_stay_quiet() {
    for archive in archives() {
        let snapshot = load(&archive);
        let report = &snapshot.report;
        assert_eq!(report.verdict, Verdict::Healthy, "{}", text(&snapshot));
        assert_eq!(report.counts.critical, 0);
        assert!(report.counts.warning <= 2, "{}", text(&snapshot));
        assert!(report.coverage.kinds.iter().any(|kind| kind.kind.name() == "PersistentVolume"), "gaps are named");
    }
}

#[test]
fn forms_of_one_archive_give_one_report() {
    let Some(archive) = archives().into_iter().next() else { return };
    let expected = text(&load(&archive));
    let work = tempfile::tempdir().unwrap();
    let folder = work.path().join("must-gather");
    unpack(&archive, &folder);
    assert_eq!(text(&load(&folder)), expected, "folder");
    let image = image_folder(&folder);
    let inspect = work.path().join("inspect.tar.xz");
    fs::write(&inspect, xz(&tar(&image, "inspect.local.1/", true))).unwrap();
    assert_eq!(text(&load(&inspect)), expected, "inspect");
}

/// The folders that hold `namespaces`, unpacked once and left to the system's temporary folder's care.
pub(crate) fn unpacked() -> Vec<(&'static str, PathBuf)> {
    let work = env::temp_dir().join("cluster-health-archives");
    let known = [("aws", "aws.tar.xz"), ("metal", "metal.tar.xz")];
    let found = known
        .into_iter()
        .filter_map(|(name, file)| Some((name, archives().into_iter().find(|it| it.ends_with(file))?)));
    found
        .map(|(name, archive)| {
            let folder = work.join(name);
            if !folder.exists() {
                // Another test may do the same at the same time: the first to finish wins
                let fresh = tempfile::tempdir_in(env::temp_dir()).unwrap().keep();
                unpack(&archive, &fresh);
                fs::create_dir_all(&work).unwrap();
                let _ = fs::rename(&fresh, &folder);
            }
            (name, image_folder(&folder))
        })
        .collect()
}

fn unpack(archive: &PathBuf, folder: &PathBuf) {
    let file = fs::File::open(archive).unwrap();
    tar::Archive::new(lzma_rust2::XzReader::new(std::io::BufReader::new(file), true)).unpack(folder).unwrap();
}

/// The folder that holds `namespaces`.
fn image_folder(folder: &PathBuf) -> PathBuf {
    if folder.join("namespaces").is_dir() {
        return folder.clone();
    }
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    image_folder(&folders.min().unwrap())
}

/// Faults edited into the files of a real archive, all at once.
#[test]
fn faults_in_a_real_archive_are_found() {
    let Some(archive) = archives().into_iter().find(|path| path.ends_with("aws.tar.xz")) else { return };
    let work = tempfile::tempdir().unwrap();
    unpack(&archive, &work.path().to_path_buf());
    let root = image_folder(&work.path().to_path_buf());
    let edit = |file: &str, from: &str, to: &str| {
        let path = root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    };
    edit(
        "cluster-scoped-resources/core/nodes/ip-10-0-129-220.ec2.internal.yaml",
        "    reason: KubeletReady\n    status: \"True\"",
        "    reason: NodeStatusUnknown\n    status: Unknown",
    );
    edit(
        "cluster-scoped-resources/config.openshift.io/clusteroperators/monitoring.yaml",
        "    status: \"False\"\n    type: Degraded",
        "    status: \"True\"\n    type: Degraded",
    );
    edit(
        "namespaces/openshift-console/apps/deployments.yaml",
        "    availableReplicas: 2\n    conditions:",
        "    availableReplicas: 0\n    conditions:",
    );
    fs::write(
        root.join("namespaces/openshift-console/core/persistentvolumeclaims.yaml"),
        "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: PersistentVolumeClaim\n  metadata:\n    name: data\n    namespace: \
         openshift-console\n    creationTimestamp: \"2021-08-03T09:40:00Z\"\n  spec:\n    storageClassName: missing\n    \
         accessModes:\n    - ReadWriteOnce\n  status:\n    phase: Pending\nkind: PersistentVolumeClaimList\n",
    )
    .unwrap();
    fs::write(
        root.join("cluster-scoped-resources/certificates.k8s.io/certificatesigningrequests/csr-zzzzz.yaml"),
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: csr-zzzzz\n  \
         creationTimestamp: \"2021-08-03T09:50:00Z\"\nspec:\n  signerName: kubernetes.io/kubelet-serving\nstatus: {}\n",
    )
    .unwrap();
    let pods = root.join("namespaces/openshift-etcd/core/pods.yaml");
    let whole = fs::read(&pods).unwrap();
    fs::write(&pods, &whole[..whole.len() / 3]).unwrap();

    let snapshot = load(work.path());
    for (id, since) in [
        ("node-not-ready/Node/ip-10-0-129-220.ec2.internal", "2021-08-03T09:27:55Z"),
        ("operator-degraded/ClusterOperator/monitoring", "2021-08-03T09:27:48Z"),
        ("storage-claim-pending/PersistentVolumeClaim/openshift-console/data", "2021-08-03T09:40:00Z"),
        ("certificate-request-pending/Signer/kubernetes.io/kubelet-serving", "2021-08-03T09:50:00Z"),
    ] {
        let found = snapshot.report.findings.iter().find(|finding| finding.id == id);
        let found = found.unwrap_or_else(|| panic!("{id} is not in\n{}", text(&snapshot)));
        assert_eq!(found.since.as_ref().map(|since| since.at.to_string()).as_deref(), Some(since), "{id}");
    }
    let short =
        snapshot.report.findings.iter().find(|finding| finding.id.contains("Deployment/openshift-console/console"));
    assert!(short.is_some(), "{}", text(&snapshot));
    let pods = snapshot.report.coverage.kinds.iter().find(|kind| kind.kind.name() == "Pod").unwrap();
    assert!(pods.because.contains("openshift-etcd/core/pods.yaml"), "{pods:?}");
    let etcd = snapshot.cluster.pods.in_namespace("openshift-etcd").count();
    assert_eq!(
        etcd,
        load(&archive).cluster.pods.in_namespace("openshift-etcd").count(),
        "pods' own files fill the gap"
    );
}

/// The same for what is configured rather than broken: nothing fails yet, and each is found.
#[test]
fn faults_of_configuration_in_a_real_archive_are_found() {
    let Some(archive) = archives().into_iter().find(|path| path.ends_with("aws.tar.xz")) else { return };
    let work = tempfile::tempdir().unwrap();
    unpack(&archive, &work.path().to_path_buf());
    let root = image_folder(&work.path().to_path_buf());
    let machine = "ci-ln-5ylibmb-d5d6b-dfvr6-worker-us-east-1c-bs47z";
    for (file, from, to) in [
        (
            "namespaces/openshift-console/core/configmaps.yaml",
            "    name: console-config\n",
            "    name: console-confg\n",
        ),
        (
            &format!("namespaces/openshift-machine-api/machine.openshift.io/machines/{machine}.yaml"),
            "phase: Running",
            "phase: Failed\n  errorReason: InsufficientResources",
        ),
        (
            "cluster-scoped-resources/operator.openshift.io/etcds/cluster.yaml",
            "- currentRevision: 3\n",
            "- currentRevision: 2\n    lastFailedRevision: 3\n",
        ),
        (
            "cluster-scoped-resources/admissionregistration.k8s.io/validatingwebhookconfigurations/multus.openshift.io.yaml",
            "      name: multus-admission-controller\n",
            "      name: multus-admission\n",
        ),
    ] {
        let path = root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    let snapshot = load(work.path());
    let causes = &snapshot.report.findings;
    for id in [
        "pod-config-map-missing/ConfigMap/openshift-console/console-config",
        &format!("machine-failed/Machine/openshift-machine-api/{machine}"),
        "control-plane-revision-stuck/ClusterOperator/etcd",
        "api-webhook-without-backend/ValidatingWebhookConfiguration/multus.openshift.io",
    ] {
        let found = causes.iter().find(|finding| finding.id == id);
        assert!(
            found.is_some_and(|finding| finding.explained_by.is_none()),
            "{id} is no cause in\n{}",
            text(&snapshot)
        );
    }
    assert_eq!(snapshot.report.counts.critical + snapshot.report.counts.warning, 4, "{}", text(&snapshot));
}
