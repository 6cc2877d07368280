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
