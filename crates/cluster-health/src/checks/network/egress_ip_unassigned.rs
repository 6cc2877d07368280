//! Egress addresses that no node holds.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::egress_ip::EgressIP;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-egress-ip-unassigned",
    title: "An egress address is held by no node",
    explain: "Looks at EgressIPs older than five minutes of which fewer addresses were given to nodes than were asked for. \
              Without any, what its pods send out of the cluster is dropped or leaves with another address, and firewalls \
              that expect this one refuse it; with some, a node's loss is no longer made up for. The usual causes are that \
              no node carries the label k8s.ovn.org/egress-assignable, that labelled nodes are down, and an address \
              outside the nodes' own networks. Critical is left to those who depend on it: it is a warning.",
    layer: Layer::Network,
    needs: &[Kind::EgressIP],
    uses: &[Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/networking/ovn_kubernetes_network_provider/configuring-egress-ips-ovn.html",
    run,
};

const LABEL: &str = "k8s.ovn.org/egress-assignable";

fn run(view: &View, out: &mut Vec<Finding>) {
    for egress in view.cluster.egress_ips.iter() {
        if egress.nodes.len() < egress.addresses.len() && view.held(egress.meta.created, thresholds::SERVICE_HOLD) {
            out.push(finding(view, egress));
        }
    }
}

fn finding(view: &View, egress: &EgressIP) -> Finding {
    let (cli, name) = (view.cli(), &egress.meta.name);
    let assignable = || view.cluster.nodes.iter().filter(|node| node.meta.labels.get(LABEL).is_some());
    let title = match egress.nodes.len() {
        0 => "no node holds any of its addresses".to_owned(),
        held => format!("nodes hold only {held} of its {} addresses", egress.addresses.len()),
    };
    let down = assignable().filter(|node| !node.is_ready()).map(|node| &node.meta.name);
    Finding::new(&CHECK, Severity::Warning, egress.reference(), title)
        .fact("spec.egressIPs", listed(egress.addresses.iter().map(|address| &**address)))
        .fact("status.items.node", listed(egress.nodes.iter().map(|node| &**node)))
        .fact(format!("nodes labelled {LABEL}"), assignable().count())
        .depends_on(down.map(|node| ObjectRef::new(Kind::Node, &Name::empty(), node)))
        .look(format!("{cli} describe egressip {name}"), "shows its addresses, the nodes that hold them, and whose pods use it")
        .look(format!("{cli} get nodes -l {LABEL}"), "shows which nodes may hold such addresses")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn egress(items: &str, created: &str) -> String {
        format!(
            "
        kind: EgressIP
        metadata: {{name: shop, creationTimestamp: {created}}}
        spec: {{egressIPs: [192.0.2.10, 192.0.2.11]}}
        status: {{items: [{items}]}}
        ---
        kind: Node
        metadata: {{name: w1, labels: {{k8s.ovn.org/egress-assignable: ''}}}}
        status: {{conditions: [{{type: Ready, status: Unknown}}]}}"
        )
    }

    #[test]
    fn addresses_without_a_node() {
        let found = fires(&CHECK, &egress("", "@1d"), &["warning EgressIP shop: no node holds any of its addresses"]);
        assert_eq!(found[0].upstream[0].to_string(), "Node w1");
        fires(&CHECK, &egress("{node: w2}", "@1d"), &["warning EgressIP shop: nodes hold only 1 of its 2 addresses"]);
    }

    #[test]
    fn all_held_and_a_new_one_are_silent() {
        silent(&CHECK, &egress("{node: w2}, {node: w3}", "@1d"));
        silent(&CHECK, &egress("", "@1m"));
    }
}
