//! Who we are to a registry: from the files that `podman login` and `docker login` write.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{RegistryError, Repository};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: BTreeMap<String, Auth>,
    /// Programs by registry.
    cred_helpers: BTreeMap<String, String>,
    /// The program for every other registry.
    creds_store: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auth {
    /// `user:password` in Base64.
    auth: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FromHelper {
    username: String,
    secret: String,
}

/// What is sent as `Authorization: Basic …`, if anything is known about the registry.
pub(super) fn basic(repository: &Repository) -> Result<Option<String>, RegistryError> {
    for path in files() {
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(RegistryError::Credentials { path, source }),
        };
        let file: File =
            serde_json::from_slice(&text).map_err(|error| RegistryError::Credentials { path, source: error.into() })?;
        if let Some(found) = find(&file, repository)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// As podman and docker look for them.
fn files() -> Vec<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME");
    [
        variable("REGISTRY_AUTH_FILE"),
        variable("DOCKER_CONFIG").map(|folder| folder.join("config.json")),
        variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        home.as_deref().map(|home| home.join(".config/containers/auth.json")),
        home.as_deref().map(|home| home.join(".docker/config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn find(file: &File, repository: &Repository) -> Result<Option<String>, RegistryError> {
    let registry = repository.registry();
    // The longest name first: podman knows credentials of a part of a registry
    let full = repository.to_string();
    let mut names: Vec<_> = full.match_indices('/').map(|(end, _)| &full[..end]).chain([full.as_str()]).collect();
    names.reverse();
    let known = names.iter().find_map(|name| entry(file, name));
    if let Some(auth) = known.and_then(|auth| auth.auth.as_ref()).filter(|auth| !auth.is_empty()) {
        return Ok(Some(auth.clone()));
    }
    match file.cred_helpers.get(registry).or(file.creds_store.as_ref()) {
        Some(helper) => ask(&format!("docker-credential-{helper}"), registry),
        None => Ok(None),
    }
}

/// Docker writes some registries as addresses.
fn entry<'a>(file: &'a File, name: &str) -> Option<&'a Auth> {
    let address = format!("https://{name}/v1/");
    let hub = (name == "docker.io").then_some("https://index.docker.io/v1/");
    [Some(name), Some(address.as_str()), hub].into_iter().flatten().find_map(|name| file.auths.get(name))
}

fn ask(helper: &str, registry: &str) -> Result<Option<String>, RegistryError> {
    let failed = || RegistryError::Helper(helper.to_owned());
    let mut child = Command::new(Path::new(helper))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| failed())?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(registry.as_bytes()).map_err(|_| failed())?;
    }
    let output = child.wait_with_output().map_err(|_| failed())?;
    if !output.status.success() {
        // It knows nothing about this registry
        return Ok(None);
    }
    let found: FromHelper = serde_json::from_slice(&output.stdout).map_err(|_| failed())?;
    Ok(Some(STANDARD.encode(format!("{}:{}", found.username, found.secret))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_credentials_count() {
        let file: File = serde_json::from_str(
            r#"{"auths":{"quay.io":{"auth":"b3RoZXI="},"quay.io/aiops":{"auth":"b3Vycw=="},"https://ghcr.io/v1/":{"auth":"b2xk"},"empty.io":{}}}"#,
        )
        .unwrap();
        let found = |name: &str| find(&file, &name.parse().unwrap()).unwrap();
        assert_eq!(found("quay.io/aiops/x").as_deref(), Some("b3Vycw=="));
        assert_eq!(found("quay.io/else/x").as_deref(), Some("b3RoZXI="));
        assert_eq!(found("ghcr.io/x").as_deref(), Some("b2xk"));
        assert_eq!(found("empty.io/x"), None);
        assert_eq!(found("unknown.io/x"), None);
    }
}
