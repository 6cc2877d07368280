//! Reads kubeconfigs: several files, documents in them, and paths that are relative to their file.
//!
//! kube-rs does this too, with a YAML decoder for each of its types, which is half a megabyte of code. The server reads
//! YAML as plain values anyway; from those the types are decoded as from JSON.

use std::path::{Path, PathBuf};

use cluster_health::decode;
use kube::config::{Kubeconfig, KubeconfigError};

#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is not understood: {reason}", path.display())]
    Parse { path: PathBuf, reason: String },
    #[error(transparent)]
    Merge(#[from] KubeconfigError),
}

/// All of the files together; what an earlier one says wins.
pub(super) fn read(paths: &[PathBuf]) -> Result<Kubeconfig, ReadError> {
    let mut all = Kubeconfig::default();
    for path in paths {
        let text = std::fs::read_to_string(path).map_err(|source| ReadError::Read { path: path.clone(), source })?;
        let refuse = |reason: String| ReadError::Parse { path: path.clone(), reason };
        for document in decode::yaml_values(&text).map_err(refuse)? {
            // An empty document says nothing
            let document: Option<Kubeconfig> =
                serde_json::from_value(document).map_err(|error| refuse(error.to_string()))?;
            let mut config = document.unwrap_or_default();
            if let Some(folder) = path.parent() {
                make_absolute(&mut config, folder);
            }
            all = all.merge(config)?;
        }
    }
    Ok(all)
}

fn make_absolute(config: &mut Kubeconfig, folder: &Path) {
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        resolve(&mut cluster.certificate_authority, folder);
    }
    for user in config.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        for path in [&mut user.client_certificate, &mut user.client_key, &mut user.token_file] {
            resolve(path, folder);
        }
        // A bare name is looked for in PATH, as kubectl does
        if let Some(exec) = &mut user.exec
            && exec.command.as_ref().is_some_and(|command| command.contains(std::path::MAIN_SEPARATOR))
        {
            resolve(&mut exec.command, folder);
        }
    }
}

fn resolve(path: &mut Option<String>, folder: &Path) {
    if let Some(path) = path
        && let Some(absolute) = folder.join(&*path).to_str()
    {
        *path = absolute.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_first_file_wins_and_paths_are_those_of_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let one = "current-context: a\nclusters:\n- name: c\n  cluster: {server: 'https://one', certificate-authority: ca.pem}\n\
                   users:\n- name: u\n  user: {tokenFile: /token, exec: {command: bin/login, args: null}}\n---\ncontexts: null\n";
        let two = "current-context: b\nclusters:\n- name: c\n  cluster: {server: 'https://two'}\nusers:\n- name: v\n  \
                   user: {exec: {command: aws}}\n";
        let paths = [write(folder.path(), "one", one), write(folder.path(), "two", two)];
        let config = read(&paths).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("a"));
        let cluster = config.clusters[0].cluster.as_ref().unwrap();
        assert_eq!((config.clusters.len(), cluster.server.as_deref()), (1, Some("https://one")));
        let inside = |name: &str| folder.path().join(name).to_str().map(str::to_owned);
        assert_eq!(cluster.certificate_authority, inside("ca.pem"));
        let users: Vec<_> = config.auth_infos.iter().filter_map(|named| named.auth_info.as_ref()).collect();
        assert_eq!(users[0].token_file.as_deref(), Some("/token"));
        let command = |at: usize| users[at].exec.as_ref().unwrap().command.clone();
        assert_eq!((command(0), command(1).as_deref()), (inside("bin/login"), Some("aws")));
    }

    #[test]
    fn what_is_no_kubeconfig_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&[write(folder.path(), "empty", "")]).unwrap().clusters.is_empty());
        for text in ["clusters: [", "clusters: none", "- a"] {
            let error = read(&[write(folder.path(), "broken", text)]).unwrap_err().to_string();
            assert!(error.contains("broken") && error.contains("not understood"), "{error}");
        }
    }
}
