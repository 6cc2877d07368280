//! A change of the cluster network that has not ended.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-migration-running",
    title: "The cluster network is being migrated",
    explain: "Looks at whether the cluster's Network names a migration in its status: to another network plugin, or to \
              another MTU. While one runs, nodes restart one after the other, paths between pods may fail for minutes, \
              and updates should wait. Its state says neither when it began nor how far it is, so it is only worth \
              knowing; a migration that was forgotten half way shows in machine config pools and operators. A cluster \
              without a migration says nothing here.",
    layer: Layer::Network,
    needs: &[Kind::Network],
    uses: &[],
    reference: "https://docs.openshift.com/container-platform/latest/networking/changing-cluster-network-mtu.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for network in view.cluster.networks.iter() {
        if let Some(migration) = &network.migration {
            out.push(
                Finding::new(&CHECK, Severity::Info, network.reference(), "the cluster network is being migrated")
                    .fact("status.migration", migration)
                    .fact("status.networkType", &network.plugin)
                    .look("oc get network.config cluster -o yaml", "shows from what to what")
                    .look("oc get machineconfigpools", "shows how many nodes have followed"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    #[test]
    fn a_migration_is_worth_knowing() {
        for migration in ["{mtu: {network: {from: 1400, to: 9000}}}", "{networkType: OVNKubernetes}"] {
            let network = format!("
            kind: Network
            metadata: {{name: cluster}}
            status: {{networkType: OpenShiftSDN, migration: {migration}}}");
            fires(&CHECK, &network, &["info Network cluster: the cluster network is being migrated"]);
        }
    }

    #[test]
    fn a_network_that_stays_as_it_is_is_silent() {
        silent(&CHECK, "
            kind: Network
            metadata: {name: cluster}
            status: {networkType: OVNKubernetes}");
    }
}
