//! A healthy archive that faults are put into: the cluster as the server reads it, and its objects as their files have
//! them, read when a recipe first touches them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use cluster_health::model::{Kind, Scope};
use cluster_health::{Cluster, Time};
use serde_json::Value;

use crate::clusters::load;

pub(super) type Objects = Arc<BTreeMap<String, Value>>;

pub(super) struct Base {
    pub(super) name: &'static str,
    pub(super) cluster: Cluster,
    pub(super) as_of: Time,
    root: PathBuf,
    read: Mutex<HashMap<(Kind, String), Objects>>,
}

impl Base {
    /// `root` is the folder that holds `namespaces`.
    pub(super) fn new(name: &'static str, root: PathBuf) -> Self {
        let snapshot = load(&root);
        Self { name, as_of: snapshot.report.as_of, cluster: snapshot.cluster, root, read: Mutex::default() }
    }

    /// Names of nodes with the role, in order.
    pub(super) fn nodes(&self, control_plane: bool) -> Vec<String> {
        let nodes = self.cluster.nodes.iter().filter(|node| node.is_control_plane() == control_plane);
        nodes.map(|node| node.meta.name.to_string()).collect()
    }

    /// Objects of a kind in a namespace (`""` for a kind without), by name.
    pub(super) fn objects(&self, kind: Kind, namespace: &str) -> Objects {
        let mut read = self.read.lock().unwrap();
        read.entry((kind, namespace.to_owned())).or_insert_with(|| Arc::new(self.read(kind, namespace))).clone()
    }

    fn read(&self, kind: Kind, namespace: &str) -> BTreeMap<String, Value> {
        let group = if kind.group().is_empty() { "core" } else { kind.group() };
        let folder = match kind.scope() {
            Scope::Cluster => self.root.join("cluster-scoped-resources").join(group),
            Scope::Namespaced => self.root.join("namespaces").join(namespace).join(group),
        };
        let mut objects = BTreeMap::new();
        let list = folder.join(format!("{}.yaml", kind.plural()));
        for file in yaml_files(&folder.join(kind.plural())).into_iter().chain(list.is_file().then_some(list)) {
            let document: Value = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let items = match document.get("items") {
                Some(items) => items.as_array().cloned().unwrap_or_default(),
                None => vec![document],
            };
            objects.extend(items.into_iter().map(|object| (name_of(&object), object)));
        }
        objects
    }
}

fn name_of(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    files
}
