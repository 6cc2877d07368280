//! The bundle that TLS libraries read: every authority that ca-certificates ships, in the order of their names.

use super::packaged::Files;
use super::{Kind, RootfsError};

const FOLDER: &str = "usr/share/ca-certificates/";

pub(super) fn bundle(packages: &[Files]) -> Result<Vec<u8>, RootfsError> {
    let mut bundle = Vec::new();
    let all = packages.iter().flat_map(|package| package.tree.iter());
    for (path, node) in all.filter(|(path, _)| path.starts_with(FOLDER) && path.ends_with(".crt")) {
        if let Kind::File(content) = &node.kind {
            bundle.extend_from_slice(content);
            if !content.ends_with(b"\n") {
                bundle.push(b'\n');
            }
        } else {
            return Err(RootfsError::Kind(path.to_owned()));
        }
    }
    if bundle.is_empty() { Err(RootfsError::NoCertificates) } else { Ok(bundle) }
}
