//! Control-plane nodes that take anybody's pods although they should not.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "node-control-plane-taint-missing",
    title: "A control-plane node takes anybody's pods",
    explain: "Looks for control-plane nodes without a taint of their role, where the cluster's Scheduler setting does not allow \
              workloads there. Somebody took the taint off by hand; nothing puts it back. Workloads then compete with etcd \
              and the API server for memory and disk, which shows as a slow cluster. A warning where workloads of users run \
              there already, else only worth knowing. Clusters whose control plane is meant to take workloads are left out, \
              and so are nodes that are workers too.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::Scheduler],
    uses: &[Kind::Pod],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/nodes/working-with-nodes",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let Some(scheduler) = view.cluster.schedulers.iter().next() else { return };
    if scheduler.masters_schedulable {
        return;
    }
    let is_bare = |node: &&crate::model::node::Node| {
        node.is_control_plane()
            && !node.roles().contains(&"worker")
            && !node.taints.iter().any(|taint| taint.key.starts_with("node-role.kubernetes.io/"))
    };
    for node in view.cluster.nodes.iter().filter(is_bare) {
        let name = &node.meta.name;
        let strangers = view.pods_on(name).iter().filter(|pod| !is_platform(&pod.meta.namespace));
        let strangers: Vec<_> = strangers.map(|pod| pod.reference()).collect();
        let severity = if strangers.is_empty() { Severity::Info } else { Severity::Warning };
        let title = match strangers.len() {
            0 => "a control-plane node without its taint: any pod may come here".to_owned(),
            1 => "a control-plane node without its taint: a user's pod runs on it".to_owned(),
            count => format!("a control-plane node without its taint: {count} pods of users run on it"),
        };
        out.push(
            Finding::new(&CHECK, severity, node.reference(), title)
                .fact("spec.taints[node-role.kubernetes.io/*]", "none")
                .fact("Scheduler cluster spec.mastersSchedulable", "false")
                .affects(strangers)
                .look(format!("oc get pods -A -o wide --field-selector spec.nodeName={name}"), "shows what runs on it")
                .change(
                    format!("oc adm taint node {name} node-role.kubernetes.io/master=:NoSchedule"),
                    "keeps new pods of users away",
                    "pods that are there stay until they are restarted, and then need room elsewhere",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const BARE: &str = "
        kind: Scheduler
        metadata: {name: cluster}
        ---
        kind: Node
        metadata: {name: m0, labels: {node-role.kubernetes.io/master: ''}}
        ---
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: m0}
        status: {phase: Running}";

    #[test]
    fn pods_of_users_make_it_a_warning() {
        fires(&CHECK, BARE, &["warning Node m0: a control-plane node without its taint: a user's pod runs on it"]);
        fires(&CHECK, &BARE.replace("namespace: shop", "namespace: openshift-dns"), &[
            "info Node m0: a control-plane node without its taint: any pod may come here",
        ]);
    }

    #[test]
    fn compact_clusters_and_tainted_nodes_are_silent() {
        silent(&CHECK, &BARE.replace("metadata: {name: cluster}", "metadata: {name: cluster}\n        spec: {mastersSchedulable: true}"));
        silent(&CHECK, &BARE.replace("master: ''}}", "master: ''}}\n        spec: {taints: [{key: node-role.kubernetes.io/master, effect: NoSchedule}]}"));
        silent(&CHECK, &BARE.replace("master: ''", "master: '', node-role.kubernetes.io/worker: ''"));
    }
}
