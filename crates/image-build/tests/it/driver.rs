//! A folder with a recipe, and the tool run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::archive::Archive;
use crate::deb::Deb;
use crate::elf;

pub(crate) struct Workshop {
    pub(crate) folder: TempDir,
    pub(crate) archive: Archive,
}

pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert!(self.success, "{}", self.stderr);
        self.stdout
    }

    /// What it complains about.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert!(!self.success, "it should have failed: {}", self.stdout);
        self.stderr
    }
}

/// The packages that most tests start from.
pub(crate) fn packages(version: &str) -> Vec<Deb> {
    let base = |architecture| {
        Deb::new("base-files", version, architecture)
            .file("etc/debian_version", 0o644, "13\n")
            .file("etc/update-motd.d/10-uname", 0o755, "#!/bin/sh\n")
            .file("usr/lib/os-release", 0o644, "theirs\n")
    };
    let busybox = |architecture| {
        Deb::new("busybox-static", "1:1.37", architecture).file("usr/bin/busybox", 0o755, "usage [\0[[\0cat\0sh\0\0")
    };
    let certificates = Deb::new("ca-certificates", "2025", "all")
        .file("usr/share/ca-certificates/a.crt", 0o644, "-----BEGIN CERTIFICATE-----\n")
        .file("usr/sbin/update-ca-certificates", 0o755, "#!/bin/sh\n");
    vec![base("amd64"), base("arm64"), busybox("amd64"), busybox("arm64"), certificates]
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self::with(Archive::start(&packages("13.1"), &[]))
    }

    pub(crate) fn with(archive: Archive) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("images");
        fs::create_dir(&images).unwrap();
        fs::write(images.join("tiny.toml"), RECIPE.replace("MIRROR", &archive.url)).unwrap();
        fs::write(images.join("tiny.expect.toml"), EXPECTATIONS).unwrap();
        fs::write(images.join("keyring.pgp"), archive.key.public()).unwrap();
        fs::write(folder.path().join("LICENSE"), "Apache-2.0\n").unwrap();
        fs::write(folder.path().join("amd64"), elf::amd64()).unwrap();
        fs::write(folder.path().join("arm64"), elf::arm64()).unwrap();
        Self { folder, archive }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the tool in the folder, without this machine's settings.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        run_in(self.folder.path(), arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        run_in(self.folder.path(), arguments, variables)
    }

    /// A lock, and an image of both architectures in `oci`.
    pub(crate) fn built(self) -> Self {
        self.run(&["lock", RECIPE_FLAG]).ok();
        self.build("out/oci", &[]).ok();
        self
    }

    pub(crate) fn build(&self, out: &str, arguments: &[&str]) -> Outcome {
        self.run(&[BUILD, &["--out", out], arguments].concat())
    }

    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(self.path(name), text.replace(from, to)).unwrap();
    }

    /// Whatever lies in a folder, or nothing where there is none.
    pub(crate) fn names_in(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub(crate) const RECIPE_FLAG: &str = "--recipe=images/tiny.toml";
pub(crate) const BUILD: &[&str] = &[
    "build",
    RECIPE_FLAG,
    "--binary=amd64=amd64",
    "--binary=arm64=arm64",
    "--created=1790000000",
    "--revision=0123abc",
    "--image-version=1.2.3",
];

fn run_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_image-build"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

const RECIPE: &str = r#"
name = "tiny"
repository = "quay.io/example/tiny"
architectures = ["amd64", "arm64"]

[debian]
mirror = "MIRROR"
snapshot = "MIRROR/snapshot"
keyring = "keyring.pgp"
component = "main"
packages = ["base-files", "ca-certificates"]
debug-packages = ["busybox-static"]
archives = [
    { path = "debian", suite = "trixie" },
    { path = "debian-security", suite = "trixie-security", security = true },
]

[rootfs]
leave-out = ["etc/update-motd.d", "usr/sbin/", "usr/share/ca-certificates"]
certificates = "/etc/ssl/certs/ca-certificates.crt"
users = [{ name = "nonroot", uid = 65532, gid = 65532, home = "/home/nonroot" }]
groups = [{ name = "nonroot", gid = 65532 }]
folders = [{ path = "/tmp", mode = "1777" }]
files = [{ path = "/usr/lib/os-release", content = "ours\n" }]

[binary]
path = "/usr/local/bin/server"
beside = { LICENSE = "/licenses/LICENSE" }

[config]
user = "65532"
working-dir = "/"
entrypoint = ["/usr/local/bin/server"]
exposed-ports = ["8080/tcp"]
stop-signal = "SIGTERM"
env = { PATH = "/usr/local/bin" }
labels = { "org.opencontainers.image.title" = "Tiny" }

[debug]
tag-suffix = "-debug"
folder = "/busybox"
entrypoint = ["/busybox/sh"]
"#;

/// The made-up server has nothing that protects it, so `verify` of a tiny image always names that.
const EXPECTATIONS: &str = r#"
size = { compressed = 10000, uncompressed = 100000, binary = 1000, layers = [10000, 10000] }
run = { health-ms = 10.0, ready-ms = 100.0, memory = 10000000, memory-demo = 10000000 }
index = { architectures = ["amd64", "arm64"] }

[config]
user = "65532"
working-dir = "/"
entrypoint = ["/usr/local/bin/server"]
cmd = []
exposed-ports = ["8080/tcp"]
stop-signal = "SIGTERM"
env = { PATH = "/usr/local/bin" }
labels = ["org.opencontainers.image.title", "org.opencontainers.image.revision", "org.opencontainers.image.created"]

[binary]
path = "/usr/local/bin/server"
pie = []

[files]
executables = ["/usr/local/bin/server"]
absent = ["/bin/sh", "/busybox/sh", "/var/lib/dpkg/status"]
present = [
    { path = "/tmp", mode = "1777", uid = 0 },
    { path = "/usr/lib/os-release", contains = "ours" },
    { path = "/var/lib/dpkg/status.d/base-files", contains = "Version: 13.1" },
]

[debug]
compressed = 20000
uncompressed = 200000
layers = [10000, 10000, 10000]
entrypoint = ["/busybox/sh"]
path = "/usr/local/bin:/busybox"
executables = ["/usr/local/bin/server", "/busybox/busybox"]
"#;
