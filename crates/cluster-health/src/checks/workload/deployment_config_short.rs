//! DeploymentConfigs with fewer replicas than they should have, or whose roll-out failed.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::pod_trouble;
use crate::thresholds::NOT_READY_HOLD;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-deployment-config-short",
    title: "A DeploymentConfig is short of replicas or failed to roll out",
    explain: "Looks at DeploymentConfigs, OpenShift's own kind of workload that is on its way out: conditions Available and \
              Progressing, once one of them has been False for a quarter of an hour while replicas are missing. A roll-out is \
              done by a deployer pod, which fails when a hook does or when the new pods do not become ready in ten minutes. \
              Paused ones do not count. Critical when nothing is available, and on the platform.",
    layer: Layer::Workload,
    needs: &[Kind::DeploymentConfig],
    uses: &[Kind::Pod],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/building_applications/deployments",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for config in view.cluster.deployment_configs.iter() {
        if config.paused || config.available >= config.desired {
            continue;
        }
        let failed = ["Progressing", "Available"].iter().find_map(|kind| config.conditions.having(kind, Status::False));
        let Some(failed) = failed.filter(|failed| view.held(failed.since, NOT_READY_HOLD)) else { continue };
        let (namespace, name) = (&config.meta.namespace, &config.meta.name);
        let title = if failed.kind == "Progressing" {
            format!("roll-out {} failed; {} of {} replicas are available", config.revision, config.available, config.desired)
        } else {
            format!("{} of {} replicas are available", config.available, config.desired)
        };
        let object = config.reference();
        out.push(
            Finding::new(&CHECK, pod_trouble::severity(view, &object), object, title)
                .since(failed.since, "status.conditions[Progressing or Available].lastTransitionTime")
                .condition(failed)
                .fact("status.availableReplicas", format!("{} of {}", config.available, config.desired))
                .look(format!("oc describe dc -n {namespace} {name}"), "shows its roll-outs and events")
                .look(format!("oc get pods -n {namespace} -o wide"), "shows its pods and those of the deployer"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SHORT: &str = "
        kind: DeploymentConfig
        metadata: {name: web, namespace: shop}
        spec: {replicas: 2}
        status:
          availableReplicas: 1
          latestVersion: 7
          conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, lastTransitionTime: @40m}]";

    #[test]
    fn a_failed_roll_out_is_named() {
        fires(&CHECK, SHORT, &["warning DeploymentConfig shop/web: roll-out 7 failed; 1 of 2 replicas are available (since 40m)"]);
        fires(&CHECK, &SHORT.replace("availableReplicas: 1", "availableReplicas: 0"), &[
            "critical DeploymentConfig shop/web: roll-out 7 failed; 0 of 2 replicas are available (since 40m)",
        ]);
    }

    #[test]
    fn complete_paused_and_young_ones_are_silent() {
        silent(&CHECK, &SHORT.replace("availableReplicas: 1", "availableReplicas: 2"));
        silent(&CHECK, &SHORT.replace("replicas: 2}", "replicas: 2, paused: true}"));
        silent(&CHECK, &SHORT.replace("@40m", "@4m"));
    }
}
