//! Paused pools that a new configuration waits for.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-pool-paused",
    title: "A paused machine config pool holds back a configuration",
    explain: "Looks at paused MachineConfigPools whose wanted configuration differs from the one their nodes run. While a pool \
              is paused its nodes get no updates, no new settings and no renewed certificate authority for their kubelets; \
              if that lasts, nodes lose the connection to the API. Pausing is meant for the hours of an update across \
              versions and is easily forgotten. A paused pool with nothing waiting is not reported.",
    layer: Layer::Node,
    needs: &[Kind::MachineConfigPool],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/machine-config-operator/MachineConfigControllerPausedPoolKubeletCA.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for pool in view.cluster.machine_config_pools.iter() {
        // A pool without a name for either has not been rendered yet.
        let waits = !pool.wanted.is_empty() && !pool.current.is_empty() && pool.wanted != pool.current;
        if !pool.paused || !waits {
            continue;
        }
        let name = &pool.meta.name;
        let title = format!("paused, while a new configuration waits for its {} nodes", pool.machines);
        let finding = Finding::new(&CHECK, Severity::Warning, pool.reference(), title)
            .fact("spec.paused", true)
            .fact("spec.configuration.name", &pool.wanted)
            .fact("status.configuration.name", &pool.current)
            .look(format!("oc describe machineconfigpool {name}"), "shows the configurations and how many nodes run each")
            .change(
                format!("oc patch machineconfigpool {name} --type=merge -p '{{\"spec\":{{\"paused\":false}}}}'"),
                "lets the configuration reach the nodes",
                "drains and restarts the pool's nodes one after the other",
            );
        out.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn pool(paused: bool, current: &str) -> String {
        format!(
            "
            kind: MachineConfigPool
            metadata: {{name: worker}}
            spec: {{paused: {paused}, configuration: {{name: rendered-worker-2}}}}
            status: {{machineCount: 3, configuration: {{name: {current}}}}}"
        )
    }

    #[test]
    fn a_configuration_held_back_is_a_warning() {
        fires(&CHECK, &pool(true, "rendered-worker-1"), &[
            "warning MachineConfigPool worker: paused, while a new configuration waits for its 3 nodes",
        ]);
    }

    #[test]
    fn nothing_waiting_and_a_pool_that_rolls_out_are_silent() {
        silent(&CHECK, &pool(true, "rendered-worker-2"));
        silent(&CHECK, &pool(true, "''"));
        silent(&CHECK, &pool(false, "rendered-worker-1"));
    }
}
