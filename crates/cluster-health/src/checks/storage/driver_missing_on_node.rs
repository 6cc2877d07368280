//! Nodes on which the storage driver that a waiting pod needs has not registered.

use std::collections::BTreeMap;

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::{Phase, Pod};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::{self, shown};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-driver-missing-on-node",
    title: "A node lacks the storage driver that pods on it need",
    explain: "Looks at pods that wait on a ready node for a volume, and at the storage drivers that have registered with \
              the kubelet of that node (its CSINode). Without the driver the volume is neither attached nor mounted, \
              and the pod waits for ever although its claim is bound. The usual causes are a driver whose pod on the \
              node is not ready or may not run there because of a taint, a driver that was removed while its volumes \
              stayed, and a kubelet that was restarted while the driver was not. Nodes that lack a driver nobody on \
              them asks for do not count.",
    layer: Layer::Storage,
    needs: &[Kind::CSINode, Kind::PersistentVolume, Kind::PersistentVolumeClaim, Kind::Pod],
    uses: &[Kind::Node, Kind::ClusterCSIDriver],
    reference: "https://kubernetes-csi.github.io/docs/csi-node-object.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut missing: BTreeMap<(&Name, &Name), Vec<&Pod>> = BTreeMap::new();
    for &pod in &view.unsettled {
        let waits = pod.phase == Phase::Pending && !pod.node.is_empty() && pod.meta.deletion.is_none();
        if waits && view.held(pod_trouble::unready_since(pod).0, thresholds::VOLUME_HOLD) && !view.on_dead_node(pod) {
            for driver in drivers_missing(view, pod) {
                missing.entry((&pod.node, driver)).or_default().push(pod);
            }
        }
    }
    out.extend(missing.into_iter().map(|((node, driver), pods)| finding(view, node, driver, &pods)));
}

fn drivers_missing<'a>(view: &View<'a>, pod: &Pod) -> Vec<&'a Name> {
    let Some(registered) = view.cluster.csi_nodes.get("", &pod.node) else { return Vec::new() };
    let volumes = view.claims_of(pod).filter_map(|claim| view.cluster.persistent_volumes.get("", &claim.volume));
    let mut drivers: Vec<&Name> = volumes
        .map(|volume| &volume.driver)
        .filter(|driver| !driver.is_empty() && !registered.drivers.contains(driver))
        .collect();
    drivers.put_in_order();
    drivers.dedup();
    drivers
}

fn finding(view: &View, node: &Name, driver: &Name, pods: &[&Pod]) -> Finding {
    let cli = view.cli();
    let workloads = view.by_workload(pods.iter().copied());
    let severity = workloads.keys().map(|workload| pod_trouble::severity(view, workload)).max();
    let registered = view.cluster.csi_nodes.get("", node).map(|it| it.drivers.join(", ")).unwrap_or_default();
    let title = format!("storage driver {} is not registered on this node, and pods wait for its volumes", shown(driver));
    let (since, field) = pod_trouble::first_unready(pods.iter().copied());
    Finding::new(
        &CHECK,
        severity.unwrap_or(Severity::Warning),
        ObjectRef::new(Kind::CSINode, &Name::empty(), node),
        title,
    )
    .since(since, field)
    .fact("spec.drivers", if registered.is_empty() { "none".to_owned() } else { registered })
    .fact("pods waiting", pods.len())
    .affects(pods.iter().map(|pod| pod.reference()))
    .depends_on(view.drivers(driver))
    .look(format!("{cli} get csinode {node} -o yaml"), "shows which drivers have registered")
    .look(
        format!("{cli} get pods -A -o wide --field-selector=spec.nodeName={node}"),
        "shows whether the driver's pod on the node runs",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const WAITING: &str = "
        kind: CSINode
        metadata: {name: w1}
        spec: {drivers: [{name: other.example.com}]}
        ---
        kind: PersistentVolume
        metadata: {name: pv-1}
        spec: {csi: {driver: disks.example.com, volumeHandle: v}}
        ---
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: shop}
        spec: {volumeName: pv-1}
        status: {phase: Bound}
        ---
        kind: Pod
        metadata: {name: db-0, namespace: shop, creationTimestamp: @30m}
        spec: {nodeName: w1, volumes: [{persistentVolumeClaim: {claimName: data}}]}
        status: {phase: Pending}";

    #[test]
    fn pods_that_wait_for_a_driver() {
        let found = fires(&CHECK, WAITING, &[
            "warning CSINode w1: storage driver disks.example.com is not registered on this node, and pods wait for its \
             volumes (since 30m)",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "Pod shop/db-0");
    }

    #[test]
    fn a_registered_driver_and_a_young_pod_are_silent() {
        silent(&CHECK, &WAITING.replace("other.example.com", "disks.example.com"));
        silent(&CHECK, &WAITING.replace("@30m", "@1m"));
        silent(&CHECK, &WAITING.replace("phase: Pending", "phase: Running"));
    }
}
