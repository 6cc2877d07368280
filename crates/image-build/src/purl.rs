//! Package URLs: the one name under which scanners know a package.

/// `pkg:deb/debian/tzdata@2026b-0%2Bdeb13u1?arch=all&distro=trixie`
pub(crate) fn debian(name: &str, version: &str, architecture: &str, suite: &str) -> String {
    let (name, version) = (encode(name), encode(version));
    format!("pkg:deb/debian/{name}@{version}?arch={}&distro={}", encode(architecture), encode(suite))
}

/// A Debian source package, of which something was linked in.
pub(crate) fn debian_source(name: &str, version: &str) -> String {
    format!("pkg:deb/debian/{}@{}?arch=source", encode(name), encode(version))
}

/// `pkg:cargo/serde@1.0.229`
pub(crate) fn cargo(name: &str, version: &str) -> String {
    format!("pkg:cargo/{}@{}", encode(name), encode(version))
}

/// `pkg:oci/cluster-health-mcp@sha256%3A…?arch=amd64&repository_url=quay.io%2Fopenshift-aiops%2Fcluster-health-mcp`
pub(crate) fn oci(repository: &str, digest: &str, architecture: &str) -> String {
    let name = repository.rsplit('/').next().unwrap_or(repository).to_lowercase();
    let (name, digest, place) = (encode(&name), encode(digest), encode(repository));
    format!("pkg:oci/{name}@{digest}?arch={}&repository_url={place}", encode(architecture))
}

/// What is not a letter, digit, dot, dash, underscore or tilde is written as percent and hexadecimal digits.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_scanners_know() {
        assert_eq!(
            debian("ca-certificates", "20250419~deb13u1+b1", "all", "trixie"),
            "pkg:deb/debian/ca-certificates@20250419~deb13u1%2Bb1?arch=all&distro=trixie"
        );
        assert_eq!(debian_source("glibc", "1:2.41-12"), "pkg:deb/debian/glibc@1%3A2.41-12?arch=source");
        assert_eq!(cargo("serde", "1.0.0+x"), "pkg:cargo/serde@1.0.0%2Bx");
        assert_eq!(
            oci("quay.io/o/Name", "sha256:ab", "arm64"),
            "pkg:oci/name@sha256%3Aab?arch=arm64&repository_url=quay.io%2Fo%2FName"
        );
    }
}
