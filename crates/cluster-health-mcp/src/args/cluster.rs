//! Which live cluster is meant, and who asks: named in a kubeconfig, or the one this process runs in.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterAccess {
    /// Merged in this order, as kubectl does.
    Kubeconfig { paths: Vec<PathBuf>, context: Option<String> },
    /// The service account of the pod.
    InCluster,
}

/// A live cluster, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveCluster {
    pub access: ClusterAccess,
    /// The only ones to look at; all when there are none.
    pub namespaces: Vec<String>,
}

impl From<ClusterAccess> for LiveCluster {
    /// All of it.
    fn from(access: ClusterAccess) -> Self {
        Self { access, namespaces: Vec::new() }
    }
}

/// Every kind is followed in every one by a connection of its own.
pub(super) const MOST_NAMESPACES: usize = 20;

/// It becomes part of addresses.
pub fn is_namespace(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 63 && name.bytes().all(fits)
}

pub(super) fn namespace(text: &str) -> Result<String, String> {
    let name = text.trim();
    if is_namespace(name) {
        Ok(name.to_owned())
    } else {
        Err("names of namespaces are accepted, of lower-case letters, digits and '-'".to_owned())
    }
}

/// What was named; else the cluster around this pod; else the kubeconfig in the home folder, if there is one.
pub(super) fn find(kubeconfig: Option<&OsStr>, context: Option<&str>) -> Option<ClusterAccess> {
    choose(kubeconfig, context, |name| env::var_os(name), Path::exists)
}

fn choose(
    kubeconfig: Option<&OsStr>,
    context: Option<&str>,
    variable: impl Fn(&str) -> Option<OsString>,
    exists: impl Fn(&Path) -> bool,
) -> Option<ClusterAccess> {
    let context = context.map(str::to_owned);
    if let Some(kubeconfig) = kubeconfig {
        let paths = env::split_paths(kubeconfig).filter(|path| !path.as_os_str().is_empty()).collect();
        return Some(ClusterAccess::Kubeconfig { paths, context });
    }
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if context.is_none() && set("KUBERNETES_SERVICE_HOST").is_some() {
        return Some(ClusterAccess::InCluster);
    }
    let home = Path::new(&set("HOME")?).join(".kube/config");
    exists(&home).then(|| ClusterAccess::Kubeconfig { paths: vec![home], context })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(kubeconfig: Option<&str>, context: Option<&str>, pod: bool, home: bool) -> Option<ClusterAccess> {
        let variable = |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => pod.then(|| "10.0.0.1".into()),
            _ => Some("/home/me".into()),
        };
        choose(kubeconfig.map(OsStr::new), context, variable, |_| home)
    }

    fn file(paths: &[&str], context: Option<&str>) -> Option<ClusterAccess> {
        let paths = paths.iter().map(PathBuf::from).collect();
        Some(ClusterAccess::Kubeconfig { paths, context: context.map(str::to_owned) })
    }

    #[test]
    fn what_is_named_comes_first() {
        assert_eq!(chosen(Some("a:b"), Some("prod"), true, true), file(&["a", "b"], Some("prod")));
        assert_eq!(chosen(None, None, true, true), Some(ClusterAccess::InCluster));
        assert_eq!(chosen(None, Some("prod"), true, true), file(&["/home/me/.kube/config"], Some("prod")));
        assert_eq!(chosen(None, None, false, true), file(&["/home/me/.kube/config"], None));
        assert_eq!(chosen(None, None, false, false), None);
    }
}
