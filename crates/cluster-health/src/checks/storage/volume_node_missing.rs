//! Volumes that can only be used on a node that is gone or down.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed, Text};
use crate::model::node::Node;
use crate::model::persistent_volume::{PersistentVolume, Phase};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-volume-node-missing",
    title: "A volume is bound to a node that is gone or not ready",
    explain: "Looks at volumes that can only be used on nodes they name, as local disks can, and that a claim holds. When \
              none of these nodes exists any more, the data is out of reach and pods that use it cannot be scheduled; when \
              none is ready, they wait until one is. The usual causes are a machine that was replaced or renamed while \
              its local volumes stayed, and a node that is down. Volumes that a node's return would bring back are \
              reported only while a pod waits for them.",
    layer: Layer::Storage,
    needs: &[Kind::PersistentVolume, Kind::Node],
    uses: &[Kind::PersistentVolumeClaim, Kind::Pod],
    reference: "https://kubernetes.io/docs/concepts/storage/volumes/#local",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let local = view.cluster.persistent_volumes.iter().filter(|volume| !volume.nodes.is_empty());
    for volume in local.filter(|volume| volume.phase == Phase::Bound) {
        let nodes: Vec<&Node> = volume.nodes.iter().filter_map(|name| find(view, name)).collect();
        if nodes.is_empty() && view.all_seen(Kind::Node) {
            let title = "can only be used on a node that does not exist";
            out.push(finding(view, volume, title, &waiting(view, volume)));
        } else if !nodes.is_empty() && nodes.iter().all(|node| !node.is_ready()) {
            let waiting = waiting(view, volume);
            if !waiting.is_empty() {
                let title = "can only be used on a node that is not ready, and pods wait for it";
                let depends = nodes.iter().map(|node| node.reference());
                out.push(finding(view, volume, title, &waiting).depends_on(depends));
            }
        }
    }
}

/// By its host name label, which nearly always is its name.
fn find<'a>(view: &View<'a>, name: &str) -> Option<&'a Node> {
    let by_label = |node: &&Node| node.meta.labels.get("kubernetes.io/hostname").is_some_and(|host| **host == *name);
    view.node(name).or_else(|| view.cluster.nodes.iter().find(by_label))
}

fn waiting<'a>(view: &View<'a>, volume: &PersistentVolume) -> Vec<&'a Pod> {
    let claim = view.cluster.persistent_volume_claims.get(&volume.claim.0, &volume.claim.1);
    claim.map(|claim| view.waiting_for(claim)).unwrap_or_default()
}

fn finding(view: &View, volume: &PersistentVolume, title: impl Into<Text>, waiting: &[&Pod]) -> Finding {
    let (cli, name) = (view.cli(), &volume.meta.name);
    let (namespace, claim) = &volume.claim;
    Finding::new(&CHECK, Severity::Warning, volume.reference(), title)
        .fact("spec.nodeAffinity[kubernetes.io/hostname]", listed(volume.nodes.iter().map(|node| &**node)))
        .fact("spec.claimRef", format!("{namespace}/{claim}"))
        .fact("pods waiting for it", waiting.len())
        .affects(std::iter::once(ObjectRef::new(Kind::PersistentVolumeClaim, namespace, claim)))
        .affects(waiting.iter().map(|pod| pod.reference()))
        .look(format!("{cli} describe pv {name}"), "shows the node it is bound to, and its claim")
        .look(format!("{cli} get nodes -L kubernetes.io/hostname"), "shows which nodes there are")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(node: &str, ready: &str, phase: &str) -> String {
        format!(
            "
        kind: PersistentVolume
        metadata: {{name: local-1}}
        spec:
          claimRef: {{namespace: shop, name: data}}
          nodeAffinity:
            required:
              nodeSelectorTerms: [{{matchExpressions: [{{key: kubernetes.io/hostname, operator: In, values: [{node}]}}]}}]
        status: {{phase: Bound}}
        ---
        kind: PersistentVolumeClaim
        metadata: {{name: data, namespace: shop}}
        spec: {{volumeName: local-1}}
        status: {{phase: Bound}}
        ---
        kind: Node
        metadata: {{name: w1.example.com, labels: {{kubernetes.io/hostname: w1}}}}
        status: {{conditions: [{{type: Ready, status: '{ready}'}}]}}
        ---
        kind: Pod
        metadata: {{name: db-0, namespace: shop}}
        spec: {{volumes: [{{persistentVolumeClaim: {{claimName: data}}}}]}}
        status: {{phase: {phase}}}"
        )
    }

    #[test]
    fn a_node_that_is_gone() {
        let found = fires(&CHECK, &scene("w9", "True", "Pending"), &[
            "warning PersistentVolume local-1: can only be used on a node that does not exist",
        ]);
        assert_eq!(found[0].affected_count, 2);
    }

    #[test]
    fn a_node_that_is_down_explains_it() {
        let found = fires(&CHECK, &scene("w1", "False", "Pending"), &[
            "warning PersistentVolume local-1: can only be used on a node that is not ready, and pods wait for it",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Node w1.example.com");
    }

    #[test]
    fn a_ready_node_and_pods_that_run_are_silent() {
        silent(&CHECK, &scene("w1", "True", "Pending"));
        silent(&CHECK, &scene("w1", "False", "Running"));
        silent(&CHECK, &scene("w9", "True", "Pending").replace("phase: Bound}\n        ---\n        kind: PersistentVolumeClaim", "phase: Available}\n        ---\n        kind: PersistentVolumeClaim"));
    }
}
