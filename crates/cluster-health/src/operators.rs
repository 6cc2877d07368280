//! What a ClusterOperator looks after, and what of it may explain its trouble.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::model::cluster_operator::ClusterOperator;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::view::View;

/// Operators that cannot do their work without others: their health tests go through them.
const BUILT_ON: &[(&str, &[&str])] = &[
    ("authentication", &["ingress", "kube-apiserver"]),
    ("console", &["authentication", "ingress"]),
    ("kube-apiserver", &["etcd"]),
    ("openshift-apiserver", &["etcd", "kube-apiserver"]),
];

impl ClusterOperator {
    /// Says itself that it, or a part of it, does not work.
    pub fn is_in_trouble(&self) -> bool {
        !self.conditions.is_true("Available") || self.conditions.is_true("Degraded")
    }

    /// Reports a version of its own that is not the wanted one.
    pub fn is_behind(&self, wanted: &str) -> bool {
        !self.version.is_empty() && self.version != wanted
    }

    /// Namespaces it says to look into.
    pub fn namespaces(&self) -> impl Iterator<Item = &Name> {
        self.related.iter().filter(|related| related.kind == "namespaces").map(|related| &related.name)
    }
}

impl View<'_> {
    /// What would explain an operator's trouble: nodes that are down with pods of it, its workloads that lack pods, what
    /// it is built on, and pools for the operator that rolls them out.
    pub fn causes_of(&self, operator: &ClusterOperator) -> Vec<ObjectRef> {
        let mut causes: Vec<ObjectRef> = self.nodes_down_under(operator);
        for namespace in operator.namespaces() {
            self.add_short_workloads(namespace, &mut causes);
        }
        let name = &operator.meta.name;
        let below = BUILT_ON.iter().find(|(above, _)| name == above).map_or(&[][..], |(_, below)| below);
        causes.extend(
            below.iter().map(|below| ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from(*below))),
        );
        let cluster = self.cluster;
        match &**name {
            "dns" => causes.extend(cluster.dnses.iter().map(Resource::reference)),
            "image-registry" => {
                causes.extend(cluster.image_registries.iter().map(Resource::reference));
                causes.extend(cluster.image_pruners.iter().map(Resource::reference));
            }
            "ingress" => causes.extend(cluster.ingress_controllers.iter().map(Resource::reference)),
            "machine-config" => causes.extend(cluster.machine_config_pools.iter().map(Resource::reference)),
            "monitoring" => {
                causes.extend(cluster.prometheuses.iter().map(Resource::reference));
                causes.extend(cluster.alertmanagers.iter().map(Resource::reference));
            }
            "storage" => causes.extend(cluster.cluster_csi_drivers.iter().map(Resource::reference)),
            _ => {}
        }
        causes
    }

    /// Where pods were not seen, any node may be the one.
    fn nodes_down_under(&self, operator: &ClusterOperator) -> Vec<ObjectRef> {
        if operator.namespaces().any(|namespace| !self.seen_in(Kind::Pod, namespace)) {
            return self.cluster.nodes.iter().filter(|node| !node.is_ready()).map(Resource::reference).collect();
        }
        let nodes = operator.namespaces().filter_map(|namespace| self.dead_nodes_under(namespace)).flatten();
        let nodes: BTreeSet<_> = nodes.map(|node| ObjectRef::new(Kind::Node, &Name::empty(), node)).collect();
        nodes.into_iter().collect()
    }

    fn add_short_workloads(&self, namespace: &str, out: &mut Vec<ObjectRef>) {
        let cluster = self.cluster;
        let deployments = cluster.deployments.in_namespace(namespace).filter(|it| it.available < it.desired);
        out.extend(deployments.map(Resource::reference));
        let daemon_sets = cluster.daemon_sets.in_namespace(namespace).filter(|it| it.ready < it.desired);
        out.extend(daemon_sets.map(Resource::reference));
        let stateful_sets = cluster.stateful_sets.in_namespace(namespace).filter(|it| it.ready < it.desired);
        out.extend(stateful_sets.map(Resource::reference));
    }

    /// Workloads of a namespace that have fewer pods serving than they want.
    pub fn short_workloads(&self, namespace: &Name) -> Vec<ObjectRef> {
        let mut workloads = Vec::new();
        self.add_short_workloads(namespace, &mut workloads);
        workloads
    }

    /// Nodes that are down with pods of the namespace, and its workloads that have fewer pods serving than they want.
    pub fn causes_in(&self, namespace: &str) -> Vec<ObjectRef> {
        let nodes = self.dead_nodes_under(namespace).into_iter().flatten();
        let nodes = nodes.map(|node| ObjectRef::new(Kind::Node, &Name::empty(), node));
        nodes.chain(self.short_workloads(&Name::from(namespace))).collect()
    }

    /// Adds a look at the pods of the namespace of the operator's that shows trouble, else of the first with pods.
    pub fn look_into_namespaces(&self, operator: &ClusterOperator, finding: Finding) -> Finding {
        let troubled = |name: &&Name| self.dead_nodes_under(name).is_some();
        let populated = |name: &&Name| self.cluster.pods.in_namespace(name).next().is_some();
        let namespace = operator.namespaces().find(troubled).or_else(|| operator.namespaces().find(populated));
        match namespace {
            Some(namespace) => finding.look(format!("oc get pods -n {namespace} -o wide"), "shows the pods behind it"),
            None => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Resource;
    use crate::report;
    use crate::testing::{cluster, now};
    use crate::view::View;

    /// An operator that has rolled out for three hours, and a node that went down an hour ago with a pod of it.
    const STUCK: &str = "
        kind: ClusterOperator
        metadata: {name: dns}
        status:
          conditions:
          - {type: Available, status: 'True'}
          - {type: Progressing, status: 'True', lastTransitionTime: @3h}
          relatedObjects: [{resource: namespaces, name: openshift-dns}]
        ---
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: Unknown, lastTransitionTime: @1h}]}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: Unknown, lastTransitionTime: @1h}]}
        ---
        kind: Pod
        metadata: {name: dns-1, namespace: openshift-dns}
        spec: {nodeName: w1}
        status: {phase: Running, conditions: [{type: Ready, status: 'False'}]}";

    #[test]
    fn only_nodes_that_hold_its_pods_may_be_the_cause() {
        let cluster = cluster(STUCK);
        let view = View::new(&cluster, now());
        let operator = cluster.cluster_operators.iter().next().unwrap();
        assert_eq!(view.causes_of(operator), [cluster.nodes.get("", "w1").unwrap().reference()]);
    }

    #[test]
    fn what_holds_something_up_may_have_begun_later() {
        let report = report::assess(&cluster(STUCK), now());
        let stuck = report.findings.iter().find(|finding| finding.check == "operator-progressing").unwrap();
        assert_eq!(stuck.explained_by.as_deref(), Some("node-not-ready/Node/w1"));
    }
}
