//! Names of repositories: `quay.io/owner/name`, `localhost:5000/name`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::RegistryError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    registry: String,
    name: String,
}

impl Repository {
    /// Host and port, as in credentials.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Plain HTTP stays on this machine.
    pub(super) fn origin(&self) -> String {
        let scheme = if self.is_loopback() { "http" } else { "https" };
        // Docker Hub's API lives under another name than its images
        let host = if self.registry == "docker.io" { "registry-1.docker.io" } else { &self.registry };
        format!("{scheme}://{host}")
    }

    pub(super) fn url(&self) -> String {
        format!("{}/v2/{}", self.origin(), self.name)
    }

    pub fn is_loopback(&self) -> bool {
        let host = match self.registry.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
            _ => &self.registry,
        };
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl FromStr for Repository {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let wrong = || RegistryError::Repository(text.to_owned());
        let (registry, name) = text.split_once('/').ok_or_else(wrong)?;
        let is_host = registry.contains(['.', ':']) || registry == "localhost";
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
        };
        if !is_host || !name.split('/').all(part) {
            return Err(wrong());
        }
        Ok(Self { registry: registry.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}/{}", self.registry, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (name, url) in [
            ("quay.io/openshift-aiops/x", "https://quay.io/v2/openshift-aiops/x"),
            ("localhost:5000/x", "http://localhost:5000/v2/x"),
            ("127.0.0.1:5000/a/b", "http://127.0.0.1:5000/v2/a/b"),
            ("[::1]:5000/x", "http://[::1]:5000/v2/x"),
            ("localhost.example.com/x", "https://localhost.example.com/v2/x"),
            ("docker.io/library/x", "https://registry-1.docker.io/v2/library/x"),
        ] {
            assert_eq!(name.parse::<Repository>().unwrap().url(), url);
        }
    }

    #[test]
    fn what_names_no_repository_is_refused() {
        for name in ["", "x", "x/y", "quay.io/", "quay.io/x:tag", "quay.io/X", "quay.io//x", "https://quay.io/x"] {
            assert!(name.parse::<Repository>().is_err(), "{name}");
        }
    }
}
