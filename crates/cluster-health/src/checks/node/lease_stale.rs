//! Nodes that have stopped renewing their lease although they still count as ready.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::heartbeats::{NODE_LEASES, behind};
use crate::model::lease::Lease;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-lease-stale",
    title: "A node has stopped renewing its lease",
    explain: "Compares the lease that each kubelet renews every ten seconds with the newest of all leases, so that a clock \
              that is off does not count. A node that is a minute behind and still ready has probably just gone, before \
              anybody says so; one that is five minutes behind and still called ready means that nothing watches the nodes \
              either: the controller manager is down. Nodes that are already not ready are another check's. Critical after \
              five minutes and on the control plane.",
    layer: Layer::Node,
    needs: &[Kind::Lease, Kind::Node],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/architecture/leases/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for lease in view.cluster.leases.in_namespace(NODE_LEASES) {
        let node = view.node(&lease.meta.name).filter(|node| node.is_ready());
        let Some((node, late)) = node.zip(behind(view, lease)) else { continue };
        if late >= thresholds::NODE_LEASE_LATE {
            let long = late >= thresholds::NODE_LEASE_LOST;
            let severity = if long || node.is_control_plane() { Severity::Critical } else { Severity::Warning };
            out.push(finding(view, lease, severity, time::short(late)));
        }
    }
}

fn finding(view: &View, lease: &Lease, severity: Severity, late: String) -> Finding {
    let (cli, name) = (view.cli(), &lease.meta.name);
    let node = crate::model::ObjectRef::new(Kind::Node, &crate::name::Name::empty(), name);
    let title = "still called ready, but its kubelet has stopped renewing its lease";
    Finding::new(&CHECK, severity, node, title)
        .since(lease.renewed, "Lease spec.renewTime")
        .fact(format!("{} spec.renewTime, behind the newest lease", lease.reference()), late)
        .confidence(Confidence::Likely)
        .look(format!("{cli} get lease -n {NODE_LEASES} {name} -o yaml"), "shows whether it is renewed again")
        .look(format!("{cli} describe node {name}"), "shows its conditions and recent events")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const LEASES: &str = "
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Lease
        metadata: {name: w1, namespace: kube-node-lease}
        spec: {holderIdentity: w1, leaseDurationSeconds: 40, renewTime: @2m}
        ---
        kind: Lease
        metadata: {name: w2, namespace: kube-node-lease}
        spec: {holderIdentity: w2, leaseDurationSeconds: 40, renewTime: @5s}";

    #[test]
    fn one_that_falls_behind_the_others_is_found_early() {
        let line = "Node w1: still called ready, but its kubelet has stopped renewing its lease";
        fires(&CHECK, LEASES, &[&format!("warning {line} (since 2m)")]);
        fires(&CHECK, &LEASES.replace("@2m", "@9m"), &[&format!("critical {line} (since 9m)")]);
    }

    #[test]
    fn late_clocks_short_delays_and_nodes_known_to_be_down_are_silent() {
        silent(&CHECK, &LEASES.replace("@2m", "@30s"));
        silent(&CHECK, &LEASES.replace("@5s", "@2m"));
        silent(&CHECK, &LEASES.replace("status: 'True'", "status: Unknown"));
    }
}
