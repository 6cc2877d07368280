//! What a path inside a must-gather or an inspect archive stands for. Reads the path alone, so that it works while a
//! tar streams by in any order.

use super::etcd_info;

/// Folders that make the one above them a root.
const CLUSTER_SCOPED: &str = "cluster-scoped-resources";
const NAMESPACES: &str = "namespaces";

/// The only objects that are collected into a folder of their own, all namespaces in one list.
const CONNECTIVITY_CHECKS: &str = "pod_network_connectivity_check/podnetworkconnectivitychecks.yaml";

/// Prometheus' answer about its rules and alerts: since 4.9, and before.
const RULES: [&str; 2] = ["monitoring/prometheus/rules.json", "monitoring/alerts.json"];

/// What etcd told of itself.
const ETCD_INFO: &str = "etcd_info/";

/// Folders a root may lie below: that of the collection, of a node, of an image, and one or two it was unpacked into.
pub const ROOT_DEPTH: usize = 4;

/// A path that means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    /// The root for resources, the folder itself for the files beside them; empty at the top.
    pub root: &'a str,
    pub what: What<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'a> {
    Resource(Resource<'a>),
    /// When collecting began and ended.
    Timestamp,
    /// The collector's product and version.
    Version,
    /// The alerts that fired.
    Rules,
    /// One of etcd's own answers.
    EtcdInfo,
    /// How a container's run before this one ended.
    PreviousLog(Log<'a>),
}

/// Whose log a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub container: &'a str,
}

/// One YAML file of API objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource<'a> {
    /// Empty for the core group.
    pub group: &'a str,
    pub plural: &'a str,
    pub namespace: Option<&'a str>,
    /// Set when the file holds a single object, and none when it holds a list.
    pub name: Option<&'a str>,
    /// A pod's own file, which repeats what the namespace's list of pods says; it counts where that is missing.
    pub repeats: bool,
}

/// None for everything else an archive holds: other logs, audit records, stray files, and Secrets, which are never to be
/// read and therefore have no place here.
pub fn place(path: &str) -> Option<Place<'_>> {
    if let Some((root, rest)) = split_root(path) {
        if let Some(log) = previous_log(rest) {
            return Some(Place { root, what: What::PreviousLog(log) });
        }
        let resource = resource(rest)?;
        return (!is_secret(&resource)).then_some(Place { root, what: What::Resource(resource) });
    }
    if let Some(place) = connectivity_checks(path) {
        return Some(place);
    }
    if let Some(root) = RULES.iter().find_map(|rules| beside(path, rules)) {
        return Some(Place { root, what: What::Rules });
    }
    if let Some(root) = etcd_info::FILES.iter().find_map(|file| beside(path.strip_suffix(file)?, ETCD_INFO)) {
        return Some(Place { root, what: What::EtcdInfo });
    }
    let (root, name) = path.rsplit_once('/').unwrap_or(("", path));
    if !root.is_empty() && root.split('/').count() > ROOT_DEPTH {
        return None;
    }
    let what = match name {
        "timestamp" => What::Timestamp,
        "version" => What::Version,
        _ => return None,
    };
    Some(Place { root, what })
}

fn connectivity_checks(path: &str) -> Option<Place<'_>> {
    let root = beside(path, CONNECTIVITY_CHECKS)?;
    let (group, plural) = ("controlplane.operator.openshift.io", "podnetworkconnectivitychecks");
    let resource = Resource { group, plural, namespace: None, name: None, repeats: false };
    Some(Place { root, what: What::Resource(resource) })
}

/// The root that a file of this name lies in, beside the folders of resources.
fn beside<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let root = path.strip_suffix(name)?;
    let is_root = root.is_empty() || (root.ends_with('/') && root.matches('/').count() <= ROOT_DEPTH);
    is_root.then(|| root.trim_end_matches('/'))
}

/// The root and the path below it, which starts with one of the two folders.
fn split_root(path: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    for component in path.split('/').take(ROOT_DEPTH + 1) {
        if component == CLUSTER_SCOPED || component == NAMESPACES {
            return Some((path[..start].trim_end_matches('/'), &path[start..]));
        }
        start += component.len() + 1;
    }
    None
}

fn resource(below_root: &str) -> Option<Resource<'_>> {
    let mut parts = below_root.split('/');
    let scope = parts.next()?;
    let namespace = if scope == NAMESPACES { Some(label(parts.next()?)?) } else { None };
    let parts: [Option<&str>; 4] = std::array::from_fn(|_| parts.next());
    match (namespace, parts) {
        (Some(namespace), [Some(file), None, ..]) => namespace_itself(namespace, file),
        (Some(namespace), [Some("pods"), Some(pod), Some(file), None]) => single_pod(namespace, pod, file),
        (namespace, [Some(group), Some(file), None, _]) => Some(Resource {
            group: api_group(group)?,
            plural: label(stem(file)?)?,
            namespace,
            name: None,
            repeats: false,
        }),
        (namespace, [Some(group), Some(plural), Some(file), None]) => Some(Resource {
            group: api_group(group)?,
            plural: label(plural)?,
            namespace,
            name: Some(subdomain(stem(file)?)?),
            repeats: false,
        }),
        _ => None,
    }
}

/// `namespaces/<ns>/<ns>.yaml`: an object of its own, and cluster-scoped.
fn namespace_itself<'a>(namespace: &str, file: &'a str) -> Option<Resource<'a>> {
    let name = stem(file).filter(|stem| *stem == namespace)?;
    Some(Resource { group: "", plural: "namespaces", namespace: None, name: Some(name), repeats: false })
}

/// `namespaces/<ns>/pods/<pod>/<pod>.yaml`, beside the folders of its containers' logs.
fn single_pod<'a>(namespace: &'a str, pod: &str, file: &'a str) -> Option<Resource<'a>> {
    let name = subdomain(stem(file)?).filter(|stem| *stem == pod)?;
    Some(Resource { group: "", plural: "pods", namespace: Some(namespace), name: Some(name), repeats: true })
}

/// `namespaces/<ns>/pods/<pod>/<container>/<container>/logs/previous.log`
fn previous_log(below_root: &str) -> Option<Log<'_>> {
    let parts: [Option<&str>; 9] = {
        let mut parts = below_root.split('/');
        std::array::from_fn(|_| parts.next())
    };
    match parts {
        [
            Some(NAMESPACES),
            Some(namespace),
            Some("pods"),
            Some(pod),
            Some(_),
            Some(container),
            Some("logs"),
            Some("previous.log"),
            None,
        ] => Some(Log { namespace: label(namespace)?, pod: subdomain(pod)?, container: label(container)? }),
        _ => None,
    }
}

fn is_secret(resource: &Resource<'_>) -> bool {
    resource.group.is_empty() && resource.plural == "secrets"
}

fn stem(file: &str) -> Option<&str> {
    file.strip_suffix(".yaml")
}

fn api_group(folder: &str) -> Option<&str> {
    if folder == "core" { Some("") } else { subdomain(folder) }
}

/// A DNS-1123 label, as namespaces and plural names are.
fn label(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let holds = bytes.len() <= 63
        && bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-');
    holds.then_some(text)
}

/// A DNS-1123 subdomain, as groups and the names of all objects read here are.
fn subdomain(text: &str) -> Option<&str> {
    (text.len() <= 253 && text.split('.').all(|part| label(part).is_some())).then_some(text)
}

#[cfg(test)]
mod tests;
