//! Locking and fetching, when the archive is well and when it is not.

use std::fs;

use crate::archive::{Archive, SUITES, release};
use crate::deb::Deb;
use crate::driver::{RECIPE_FLAG, Workshop, packages};
use crate::openpgp::Key;
use crate::server::Answer;

const LOCK: &[&str] = &["lock", RECIPE_FLAG];
const CHECK: &[&str] = &["lock", RECIPE_FLAG, "--check"];
const FETCH: &[&str] = &["fetch", RECIPE_FLAG, "--cache=cache"];
const IN_RELEASE: &str = "debian/dists/trixie/InRelease";
const PACKAGE: &str = "debian/pool/main/ca-certificates_2025_all.deb";

#[test]
fn the_newest_version_of_all_suites_is_locked() {
    let update = Deb::new("base-files", "13.1+deb13u1", "amd64");
    let workshop = Workshop::with(Archive::start(&packages("13.1"), &[update]));
    workshop.run(LOCK).ok();
    let lock: serde_json::Value =
        serde_json::from_slice(&fs::read(workshop.path("images/tiny.lock.json")).unwrap()).unwrap();
    let packages: Vec<_> = lock["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| ["name", "architecture", "version", "suite"].map(|field| p[field].as_str().unwrap()).join(" "))
        .collect();
    assert_eq!(
        packages,
        [
            "base-files amd64 13.1+deb13u1 trixie-security",
            "base-files arm64 13.1 trixie",
            "busybox-static amd64 1:1.37 trixie",
            "busybox-static arm64 1:1.37 trixie",
            "ca-certificates amd64 2025 trixie",
            "ca-certificates arm64 2025 trixie",
        ]
    );
    assert_eq!(workshop.run(CHECK).ok(), "all 6 packages are the newest\n");
}

#[test]
fn the_check_says_what_moved_and_what_of_it_is_a_security_update() {
    let workshop = Workshop::new();
    workshop.run(LOCK).ok();
    let before = fs::read(workshop.path("images/tiny.lock.json")).unwrap();
    workshop.archive.publish(SUITES[0], &packages("13.2"));
    workshop.archive.publish(SUITES[1], &[Deb::new("ca-certificates", "2026", "all")]);
    let outcome = workshop.run(CHECK);
    assert!(outcome.stdout.contains("base-files arm64: 13.1 -> 13.2 (trixie)"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("ca-certificates amd64: 2025 -> 2026 (trixie-security, security)"));
    assert!(outcome.refused().contains("4 packages moved, 2 of them by a security update"));
    assert_eq!(fs::read(workshop.path("images/tiny.lock.json")).unwrap(), before, "a check writes nothing");
}

#[test]
fn a_release_file_that_cannot_be_believed_is_refused() {
    let workshop = Workshop::new();
    let refused = || workshop.run(LOCK).refused();

    let good = workshop.archive.served(IN_RELEASE);
    let text = String::from_utf8(good.body.clone()).unwrap();
    workshop.archive.serve(IN_RELEASE, Answer::ok(text.replace("Description: made", "Description: mode")));
    assert!(refused().contains("no signature on it is by a trusted key"));

    let others = Key::new(8).sign(&release("trixie", "Fri, 01 Jan 2100 00:00:00 UTC", ""));
    workshop.archive.serve(IN_RELEASE, Answer::ok(others));
    assert!(refused().contains("no signature on it is by a trusted key"));

    workshop.archive.release(SUITES[0], &release("trixie", "Tue, 01 Dec 2020 00:00:00 UTC", ""));
    assert!(refused().contains("expired at 2020-12-01T00:00:00Z"));

    workshop.archive.release(SUITES[0], &release("bookworm", "Fri, 01 Jan 2100 00:00:00 UTC", ""));
    assert!(refused().contains("the release file of trixie is of bookworm"));

    workshop.archive.serve(IN_RELEASE, Answer::status(404));
    assert!(refused().contains("the server answers 404"));
    assert!(!workshop.path("images/tiny.lock.json").exists(), "no lock was written");

    workshop.archive.serve(IN_RELEASE, good);
    workshop.run(LOCK).ok();
}

#[test]
fn an_index_that_is_not_the_signed_one_is_refused() {
    let workshop = Workshop::new();
    let path = "debian/dists/trixie/main/binary-amd64/Packages.gz";
    let mut index = workshop.archive.served(path);
    index.body[20] ^= 1;
    workshop.archive.serve(path, index);
    let refused = workshop.run(LOCK).refused();
    assert!(refused.contains("Packages.gz cannot be fetched") && refused.contains("changed or damaged"), "{refused}");
}

#[test]
fn a_package_that_is_not_the_locked_one_does_not_get_in() {
    let workshop = Workshop::new();
    workshop.run(LOCK).ok();
    let good = workshop.archive.served(PACKAGE);

    let mut flipped = good.clone();
    flipped.body[200] ^= 1;
    workshop.archive.serve(PACKAGE, flipped);
    let refused = workshop.run(FETCH).refused();
    assert!(refused.contains(PACKAGE) && refused.contains("changed or damaged on its way"), "{refused}");

    let short = Answer { cut_after: Some(100), ..good.clone() };
    workshop.archive.serve(PACKAGE, short);
    let refused = workshop.run(FETCH).refused();
    assert!(refused.contains("after 100 of"), "{refused}");

    let longer = Answer::ok([good.body.as_slice(), b"more"].concat());
    workshop.archive.serve(PACKAGE, longer);
    assert!(workshop.run(FETCH).refused().contains("longer than"));

    let there = workshop.names_in("cache/sha256");
    assert!(there.iter().all(|name| name.len() == 64), "something half-written stayed: {there:?}");
    assert_eq!(there.len(), 4, "what was well is kept");

    workshop.archive.serve(PACKAGE, good);
    assert_eq!(workshop.run(FETCH).ok(), "6 packages are in cache\n");
}

#[test]
fn a_mirror_that_is_busy_is_asked_again() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let workshop = Workshop::new();
    workshop.run(LOCK).ok();
    let (archive, asked) = (workshop.archive.clone(), AtomicUsize::new(0));
    let busy = crate::server::serve(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(503),
        1 => Answer { silent: true, ..Answer::default() },
        _ => archive.served(request.target.trim_start_matches('/')),
    });
    workshop.run_with(FETCH, &[("DEBIAN_MIRROR", &format!("http://{busy}/"))]).ok();
}

#[test]
fn what_a_mirror_dropped_comes_from_a_snapshot() {
    let workshop = Workshop::new();
    workshop.run(LOCK).ok();
    let package = workshop.archive.served(PACKAGE);
    workshop.archive.serve(PACKAGE, Answer::status(404));
    assert!(workshop.run(FETCH).refused().contains("snapshot"));
    let path = PACKAGE.replacen("debian/", "snapshot/debian/20261124T123434Z/", 1);
    workshop.archive.serve(&path, package);
    workshop.run(FETCH).ok();
}

#[test]
fn a_lock_of_another_recipe_is_noticed() {
    let workshop = Workshop::new();
    assert!(workshop.run(FETCH).refused().contains("`image-build lock` writes it"));
    workshop.run(LOCK).ok();
    workshop.edit("images/tiny.toml", "packages = [\"base-files\", ", "packages = [");
    assert!(workshop.run(FETCH).refused().contains("was made from another list of packages"));
    workshop.edit("images/tiny.toml", "packages = [", "packages = [\"absent\", ");
    assert!(workshop.run(LOCK).refused().contains("no suite has the package absent for amd64"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let workshop = Workshop::new();
    workshop.run(LOCK).ok();
    fs::write(workshop.path("cache"), "a file where a folder should be").unwrap();
    assert!(workshop.run(FETCH).refused().contains("the cache cache/sha256 cannot be written"));
}
