//! Kubelets too far from the API server's release.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::node::Node;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::releases::{Release, kubernetes};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-version-skew",
    title: "Kubelets are too far from the API server's release",
    explain: "Compares the release of each node's kubelet with that of the API server: of OpenShift by its version, else by the \
              newest kubelet of the control plane. Kubelets may be up to three releases behind (two before 1.28) and never \
              ahead. At the limit it is a warning, since the next update of the control plane breaks it; beyond it, critical: \
              such nodes are not supported and fail in odd ways. Usual causes are pools that stay paused and nodes that were \
              never updated. One finding a release.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[Kind::ClusterVersion],
    reference: "https://kubernetes.io/releases/version-skew-policy/",
    run,
};

/// Kubelets may lag three releases behind an API server from here on, two before.
const WIDER_FROM: u32 = 28;

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_release: BTreeMap<Release, Vec<&Node>> = BTreeMap::new();
    for node in view.cluster.nodes.iter() {
        if let Some(release) = Release::parse(&node.kubelet) {
            by_release.entry(release).or_default().push(node);
        }
    }
    let Some(api) = api_release(view) else { return };
    let limit = if api.minor >= WIDER_FROM { 3 } else { 2 };
    for (release, nodes) in by_release {
        let behind = api.minor.saturating_sub(release.minor);
        let severity = match release.minor.cmp(&api.minor) {
            std::cmp::Ordering::Greater => Severity::Critical,
            _ if behind > limit => Severity::Critical,
            _ if behind == limit => Severity::Warning,
            _ => continue,
        };
        out.push(finding(view, release, api, severity, &nodes));
    }
}

fn api_release(view: &View) -> Option<Release> {
    let version = view.cluster.cluster_versions.iter().next();
    // While an update runs the API server may be of either release; kubelets are not ahead of the newer one.
    let openshift = version.and_then(|version| Some(kubernetes(&version.installed()?.version)?.max(kubernetes(&version.desired)?)));
    let of_nodes = |node: &Node| Release::parse(&node.kubelet);
    openshift.or_else(|| view.cluster.nodes.iter().filter(|node| node.is_control_plane()).filter_map(of_nodes).max())
}

fn counted(nodes: usize) -> String {
    format!("{nodes} node{}", if nodes == 1 { "" } else { "s" })
}

fn finding(view: &View, release: Release, api: Release, severity: Severity, nodes: &[&Node]) -> Finding {
    let object = ObjectRef { kind: "Kubelet".into(), namespace: Name::empty(), name: Name::from(release.to_string().as_str()) };
    let title = if release > api {
        format!("newer than the API server's {api}, on {}", counted(nodes.len()))
    } else {
        format!("{} releases behind the API server's {api}, on {}", api.minor - release.minor, counted(nodes.len()))
    };
    Finding::new(&CHECK, severity, object, title)
        .fact("status.nodeInfo.kubeletVersion", nodes.first().map(|node| node.kubelet.to_string()).unwrap_or_default())
        .fact("nodes", listed(nodes.iter().map(|node| node.meta.name.as_str())))
        .affects(nodes.iter().map(|node| node.reference()))
        .depends_on(view.cluster.machine_config_pools.iter().filter(|pool| pool.paused).map(Resource::reference))
        .look(format!("{} get nodes -o wide", view.cli()), "shows every node's version")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn cluster(kubelet: &str) -> String {
        format!(
            "
        kind: ClusterVersion
        metadata: {{name: version}}
        status: {{desired: {{version: 4.20.14}}, history: [{{state: Completed, version: 4.20.14}}]}}
        ---
        kind: Node
        metadata: {{name: w1}}
        status: {{nodeInfo: {{kubeletVersion: {kubelet}}}}}"
        )
    }

    #[test]
    fn at_the_limit_it_is_a_warning_and_beyond_it_critical() {
        fires(&CHECK, &cluster("v1.30.4"), &["warning Kubelet 1.30: 3 releases behind the API server's 1.33, on 1 node"]);
        fires(&CHECK, &cluster("v1.29.4"), &["critical Kubelet 1.29: 4 releases behind the API server's 1.33, on 1 node"]);
        fires(&CHECK, &cluster("v1.34.1"), &["critical Kubelet 1.34: newer than the API server's 1.33, on 1 node"]);
    }

    #[test]
    fn updates_under_way_are_silent() {
        silent(&CHECK, &cluster("v1.33.5"));
        silent(&CHECK, &cluster("v1.32.5"));
        silent(&CHECK, &cluster("v1.31.5"));
    }
}
