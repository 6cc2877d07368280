//! Every promise that is broken is named.

use std::fs;

use crate::driver::{RECIPE_FLAG, Workshop};

const VERIFY: &[&str] = &["verify", RECIPE_FLAG, "--layout=out/oci"];

/// Lines about the made-up server, which nothing protects.
const SERVER: [&str; 3] = [
    "/usr/local/bin/server does not protect what the loader writes (full RELRO)",
    "/usr/local/bin/server has an executable stack (NX)",
    "/usr/local/bin/server has no list of crates: scanners see nothing in it (cargo auditable)",
];

/// What is broken of one architecture, besides the server's own.
fn broken(workshop: &Workshop, arguments: &[&str]) -> Vec<String> {
    let complaints = workshop.run(&[VERIFY, arguments].concat()).refused();
    let lines: Vec<_> =
        complaints.lines().filter_map(|line| line.strip_prefix("broken: linux/amd64: ")).map(str::to_owned).collect();
    for line in SERVER {
        assert!(lines.contains(&line.to_owned()), "{line} is missing in {lines:?}");
    }
    lines.into_iter().filter(|line| !SERVER.contains(&line.as_str())).collect()
}

#[test]
fn an_image_that_keeps_its_promises_has_only_the_servers_own_faults() {
    let workshop = Workshop::new().built();
    assert_eq!(broken(&workshop, &[]), [""; 0]);
    workshop.build("out/oci", &["--debug"]).ok();
    workshop.edit("images/tiny.expect.toml", "\"/busybox/sh\", ", "");
    assert_eq!(broken(&workshop, &["--debug"]), [""; 0]);
}

#[test]
fn each_broken_promise_is_one_line() {
    let workshop = Workshop::new().built();
    for (from, to, line) in [
        ("user = \"65532\"", "user = \"0\"", "the user is \"65532\", not \"0\""),
        ("working-dir = \"/\"", "working-dir = \"/home\"", "the working folder is \"/\", not \"/home\""),
        ("cmd = []", "cmd = [\"x\"]", "the command is [], not [\"x\"]"),
        ("executables = [\"/usr/local/bin/server\"]", "executables = []", "/usr/local/bin/server is executable"),
        ("\"/bin/sh\", ", "\"/etc/passwd\", ", "/etc/passwd is there"),
        ("mode = \"1777\"", "mode = \"0755\"", "/tmp has the mode 1777, not 0755"),
        ("uid = 0", "uid = 1", "/tmp belongs to user 0, not 1"),
        ("contains = \"ours\"", "contains = \"theirs\"", "/usr/lib/os-release does not contain \"theirs\""),
        ("path = \"/tmp\"", "path = \"/missing\"", "/missing is missing"),
        ("image.title\"", "image.vendor\"", "the label org.opencontainers.image.vendor says nothing"),
        ("binary = 1000", "binary = 10", "binary: 64 bytes, at most 10 are expected"),
        ("layers = [10000, 10000] }", "layers = [10000] }", "the image has 2 layers, 1 are expected"),
        ("pie = []", "pie = [\"amd64\"]", "/usr/local/bin/server is not loaded at a random address (PIE)"),
    ] {
        let before = fs::read_to_string(workshop.path("images/tiny.expect.toml")).unwrap();
        workshop.edit("images/tiny.expect.toml", from, to);
        let lines = broken(&workshop, &[]);
        assert!(lines.iter().any(|found| found == line), "{line} is missing in {lines:?}");
        fs::write(workshop.path("images/tiny.expect.toml"), before).unwrap();
    }
}

#[test]
fn a_shell_is_noticed() {
    let workshop = Workshop::new().built();
    workshop.build("out/oci", &["--debug"]).ok();
    let lines = broken(&workshop, &[]);
    for line in ["/busybox/busybox is executable", "/busybox/sh is there"] {
        assert!(lines.contains(&line.to_owned()), "{line} is missing in {lines:?}");
    }
}

#[test]
fn an_index_without_an_architecture_is_noticed() {
    let workshop = Workshop::new().built();
    workshop.edit(
        "images/tiny.expect.toml",
        "index = { architectures = [\"amd64\", \"arm64\"] }",
        "index = { architectures = [\"amd64\"] }",
    );
    let complaints = workshop.run(VERIFY).refused();
    assert!(complaints.contains("broken: the index is for amd64, arm64, not for amd64"), "{complaints}");
}

#[test]
fn sizes_are_printed_beside_what_was_promised() {
    let workshop = Workshop::new().built();
    let table = workshop.run(VERIFY).stdout;
    let binary = table.lines().find(|line| line.starts_with("linux/arm64 binary")).unwrap();
    assert_eq!(binary.split_whitespace().collect::<Vec<_>>().join(" "), "linux/arm64 binary 0.00 MB 0.00 MB 20.00 MB");
}

#[test]
fn a_damaged_blob_is_no_image() {
    let workshop = Workshop::new().built();
    let blobs = workshop.path("out/oci/blobs/sha256");
    for blob in workshop.names_in("out/oci/blobs/sha256") {
        let path = blobs.join(blob);
        let content = fs::read(&path).unwrap();
        let mut damaged = content.clone();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        let refused = workshop.run(VERIFY).refused();
        assert!(refused.contains("is damaged"), "{refused}");
        fs::write(&path, content).unwrap();
    }
}
