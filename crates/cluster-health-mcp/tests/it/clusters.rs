//! The clusters under `clusters/` give the reports beside them, in every form they can come in.

use std::fs;
use std::path::{Path, PathBuf};

use cluster_health::Verdict;
use cluster_health::render::ANSWER_BYTES;
use cluster_health_mcp::args::ReportOutput;
use cluster_health_mcp::report;
use cluster_health_mcp::sources::must_gather;
use cluster_health_mcp::state::Snapshot;

use crate::snapshot::{assert_same, repository};

pub(crate) fn scenario(name: &str) -> PathBuf {
    repository().join("clusters").join(name)
}

pub(crate) fn load(path: &Path) -> Snapshot {
    let loaded = must_gather::load(path, |_, _| {}).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Snapshot::new(loaded.cluster, loaded.as_of, "must-gather", loaded.notes).with_logs(loaded.logs)
}

pub(crate) fn text(snapshot: &Snapshot) -> String {
    report::render(snapshot, ReportOutput::Text, false).unwrap()
}

fn scenarios() -> Vec<String> {
    let folders = fs::read_dir(repository().join("clusters")).unwrap().map(Result::unwrap);
    let folders = folders.filter(|entry| entry.path().join("timestamp").is_file());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_cluster_gives_its_report() {
    let names = scenarios();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert_same(&scenario(&name).join("report.txt"), &text(&load(&scenario(&name))));
    }
}

#[test]
fn every_object_of_every_cluster_is_read() {
    for name in scenarios() {
        let snapshot = load(&scenario(&name));
        let partly = snapshot.report.coverage.kinds.iter().filter(|kind| kind.because.contains("could not be read"));
        let partly: Vec<_> = partly.map(|kind| &kind.because).collect();
        assert!(partly.is_empty() && snapshot.notes.is_empty(), "{name}: {partly:?} {:?}", snapshot.notes);
    }
}

#[test]
fn verdicts_are_those_of_the_stories() {
    for (name, verdict) in [
        ("demo", Verdict::Unhealthy),
        ("healthy", Verdict::Healthy),
        ("node-down", Verdict::Unhealthy),
        ("update-in-progress", Verdict::Healthy),
        ("update-stuck", Verdict::Unhealthy),
        ("kubernetes-plain", Verdict::Unhealthy),
    ] {
        assert_eq!(load(&scenario(name)).report.verdict, verdict, "{name}\n{}", text(&load(&scenario(name))));
    }
}

#[test]
fn the_demos_roots_are_incidents_with_their_true_followers() {
    let report = load(&scenario("demo")).report;
    let ids: Vec<&str> = report.incidents.iter().map(|incident| &*incident.id).collect();
    let story = [
        "PersistentVolumeClaim/storefront-orders/data-orders-db-0",
        "Deployment/openshift-operators/valkey-operator-controller-manager",
        "Node/worker-2",
        "ResourceQuota/storefront-batch/batch-quota",
        "Deployment/storefront-checkout/checkout-api",
        "Signer/kubernetes.io/kubelet-serving",
        "Deployment/storefront-search/search-index",
    ];
    assert_eq!(ids, story);
    for (root, follower) in [
        (story[0], "Service storefront-orders/orders-db"),
        (story[0], "Deployment storefront-orders/orders-api"),
        (story[0], "Route storefront-orders/orders"),
        (story[0], "StatefulSet storefront-orders/orders-db"),
        (story[1], "ClusterServiceVersion openshift-operators/valkey-operator.v0.9.3"),
        (story[2], "StatefulSet storefront-catalog/catalog-db"),
        (story[2], "StatefulSet storefront-web/session-store"),
        (story[2], "DaemonSet openshift-dns/dns-default"),
        (story[2], "ClusterOperator monitoring"),
        (story[3], "Deployment storefront-batch/price-indexer"),
    ] {
        let of = report.incidents.iter().filter(|incident| {
            let objects = incident.members.iter().map(|member| report.findings[member.finding].object.to_string());
            objects.into_iter().any(|object| object == follower)
        });
        assert_eq!(of.map(|incident| &*incident.id).collect::<Vec<_>>(), [root], "{follower}");
    }
}

/// The demo, with the log of a container that crashed beside its pod.
#[test]
fn a_log_in_an_archive_is_evidence_and_no_more() {
    let (folder, work) = (scenario("demo"), tempfile::tempdir().unwrap());
    let silent = load(&folder);
    for file in files(&folder) {
        let copy = work.path().join(file.strip_prefix(&folder).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&file, copy).unwrap();
    }
    let pod = silent.cluster.pods.in_namespace("storefront-orders").find(|pod| pod.meta.name.starts_with("orders-api"));
    let logs = format!("namespaces/storefront-orders/pods/{}/orders-api/orders-api/logs", pod.unwrap().meta.name);
    fs::create_dir_all(work.path().join(&logs)).unwrap();
    let line = "2026-11-18T03:09:00Z FATAL dial orders-db.storefront-orders.svc:5432: connect: connection refused\n";
    fs::write(work.path().join(logs).join("previous.log"), line.repeat(5)).unwrap();
    let told = load(work.path());
    let ids = |snapshot: &Snapshot| snapshot.report.incidents.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&told), ids(&silent));
    let words = text(&told);
    assert!(
        words.contains("a connection is refused: Service storefront-orders/orders-db (5 of its last lines)"),
        "{words}"
    );
    assert!(text(&silent).contains("really needs Service storefront-orders/orders-db"));
    assert!(!words.contains("really needs Service storefront-orders/orders-db"));
}

#[test]
fn answers_fit_a_models_context() {
    for name in scenarios() {
        let text = cluster_health::render::health(&load(&scenario(&name)).report, ANSWER_BYTES);
        assert!(text.len() <= ANSWER_BYTES, "{name}: {} bytes", text.len());
    }
}

#[test]
fn forms_of_one_archive_give_one_report() {
    let folder = scenario("demo");
    let expected = text(&load(&folder));
    let work = tempfile::tempdir().unwrap();
    for (name, tar) in [
        ("demo.tar", tar(&folder, "must-gather.local.1/quay-io-image/", false)),
        ("reversed.tar", tar(&folder, "must-gather.local.1/quay-io-image/", true)),
        ("inspect.tar", tar(&folder, "inspect.local.1/", false)),
    ] {
        let plain = work.path().join(name);
        fs::write(&plain, &tar).unwrap();
        assert_eq!(text(&load(&plain)), expected, "{name}");
        let packed = work.path().join(format!("{name}.xz"));
        fs::write(&packed, xz(&tar)).unwrap();
        assert_eq!(text(&load(&packed)), expected, "{name}.xz");
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(crate) fn tar(folder: &Path, prefix: &str, reversed: bool) -> Vec<u8> {
    let mut files = files(folder);
    if reversed {
        files.reverse();
    }
    let mut tar = tar::Builder::new(Vec::new());
    for file in files {
        let content = fs::read(&file).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        let name = format!("{prefix}{}", file.strip_prefix(folder).unwrap().display());
        tar.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}
