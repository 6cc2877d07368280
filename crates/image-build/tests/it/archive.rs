//! A Debian archive on loopback: suites, indices and packages, signed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use image_build::digest::Digest;

use crate::deb::Deb;
use crate::openpgp::Key;
use crate::server::{self, Answer};

pub(crate) const SUITES: [(&str, &str); 2] = [("debian", "trixie"), ("debian-security", "trixie-security")];
const FAR: &str = "Fri, 01 Jan 2100 00:00:00 UTC";

/// What the archive serves, by path.
#[derive(Clone)]
pub(crate) struct Archive {
    files: Arc<Mutex<BTreeMap<String, Answer>>>,
    pub(crate) url: String,
    pub(crate) key: Arc<Key>,
}

impl Archive {
    /// Serves these packages of the suites `trixie` and `trixie-security`.
    pub(crate) fn start(main: &[Deb], security: &[Deb]) -> Self {
        let files: Arc<Mutex<BTreeMap<String, Answer>>> = Arc::default();
        let served = files.clone();
        let address = server::serve(move |request| {
            let files = served.lock().unwrap();
            files.get(request.target.trim_start_matches('/')).cloned().unwrap_or(Answer::status(404))
        });
        let archive = Self { files, url: format!("http://{address}"), key: Arc::new(Key::new(7)) };
        archive.publish(SUITES[0], main);
        archive.publish(SUITES[1], security);
        archive
    }

    pub(crate) fn publish(&self, suite: (&str, &str), packages: &[Deb]) {
        let mut digests = String::new();
        for architecture in ["amd64", "arm64"] {
            let name = format!("main/binary-{architecture}/Packages.gz");
            let index = index(packages, architecture);
            digests.push_str(&format!(" {} {} {name}\n", Digest::of(&index), index.len()));
            self.serve(&format!("{}/dists/{}/{name}", suite.0, suite.1), Answer::ok(index));
        }
        for package in packages {
            self.serve(&format!("{}/{}", suite.0, package.path()), Answer::ok(package.bytes()));
        }
        self.release(suite, &release(suite.1, FAR, &digests));
    }

    /// Signs and serves a release file.
    pub(crate) fn release(&self, suite: (&str, &str), text: &str) {
        self.serve(&format!("{}/dists/{}/InRelease", suite.0, suite.1), Answer::ok(self.key.sign(text)));
    }

    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.files.lock().unwrap().insert(path.to_owned(), answer);
    }

    pub(crate) fn served(&self, path: &str) -> Answer {
        self.files.lock().unwrap()[path].clone()
    }
}

pub(crate) fn release(codename: &str, until: &str, digests: &str) -> String {
    format!(
        "Codename: {codename}\nDate: Tue, 24 Nov 2026 00:34:34 UTC\nValid-Until: {until}\nSHA256:\n{digests}Description: made up\n"
    )
}

fn index(packages: &[Deb], architecture: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for package in packages.iter().filter(|package| ["all", architecture].contains(&package.architecture)) {
        let bytes = package.bytes();
        let (path, size, sha256) = (package.path(), bytes.len(), Digest::of(&bytes));
        let entry = format!("{}Filename: {path}\nSize: {size}\nSHA256: {sha256}\n\n", package.control());
        gzip.write_all(entry.as_bytes()).unwrap();
    }
    gzip.finish().unwrap()
}
