//! Storage drivers of the platform that do not work.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_csi_driver::ClusterCSIDriver;
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-driver-degraded",
    title: "A storage driver does not work",
    explain: "Looks at what the operator of each storage driver says in its ClusterCSIDriver. While its controller is not \
              available, no volume of the driver is made, attached, grown or copied anywhere; while its part on the \
              nodes is not, volumes are not mounted there. Pods that already have their volumes go on. The usual causes \
              are pods of the driver that are not ready, credentials of the cloud that are missing or have expired, and \
              a setting that is not accepted. Degraded counts after half an hour, not available after ten minutes and \
              as critical.",
    layer: Layer::Storage,
    needs: &[Kind::ClusterCSIDriver],
    uses: &[Kind::Deployment, Kind::DaemonSet, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/storage/container_storage_interface/persistent-storage-csi.html",
    run,
};

const NAMESPACE: &str = "openshift-cluster-csi-drivers";

fn run(view: &View, out: &mut Vec<Finding>) {
    for driver in view.cluster.cluster_csi_drivers.iter() {
        let lasting = |condition: &&Condition| match trouble(condition) {
            Some(Severity::Critical) => view.held(condition.since, thresholds::DRIVER_HOLD),
            Some(_) => view.held(condition.since, thresholds::DRIVER_DEGRADED_HOLD),
            None => false,
        };
        let troubles: Vec<&Condition> = driver.conditions.iter().filter(lasting).collect();
        let worst = troubles.iter().filter_map(|condition| trouble(condition)).max();
        if let Some(worst) = worst {
            out.push(finding(view, driver, &troubles, worst));
        }
    }
}

/// Every controller of the operator has conditions of its own, by prefix.
fn trouble(condition: &Condition) -> Option<Severity> {
    if condition.kind.ends_with("Available") && condition.status == Status::False {
        Some(Severity::Critical)
    } else if condition.kind.ends_with("Degraded") && condition.status == Status::True {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn finding(view: &View, driver: &ClusterCSIDriver, troubles: &[&Condition], severity: Severity) -> Finding {
    let (cli, name) = (view.cli(), &driver.meta.name);
    let title = match severity {
        Severity::Critical => "a part of this storage driver is not available",
        _ => "a part of this storage driver is degraded",
    };
    let since = troubles.iter().filter_map(|condition| condition.since).min();
    let finding = Finding::new(&CHECK, severity, driver.reference(), title)
        .since(since, "status.conditions[*].lastTransitionTime")
        .depends_on(view.causes_in(NAMESPACE))
        .look(format!("{cli} get pods -n {NAMESPACE} -o wide"), "shows the driver's pods")
        .look(format!("{cli} describe clustercsidriver {name}"), "shows what each part of its operator says");
    troubles.iter().fold(finding, |finding, condition| finding.condition(condition))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn driver(kind: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: ClusterCSIDriver
        metadata: {{name: ebs.csi.aws.com}}
        status: {{conditions: [{{type: AWSEBSDriverController{kind}, status: '{status}', reason: Some, lastTransitionTime: {since}}}]}}
        ---
        kind: Deployment
        metadata: {{name: aws-ebs-csi-driver-controller, namespace: openshift-cluster-csi-drivers}}
        spec: {{replicas: 2}}
        status: {{availableReplicas: 0}}"
        )
    }

    #[test]
    fn a_controller_that_is_away_is_critical() {
        let found = fires(&CHECK, &driver("Available", "False", "@20m"), &[
            "critical ClusterCSIDriver ebs.csi.aws.com: a part of this storage driver is not available (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Deployment openshift-cluster-csi-drivers/aws-ebs-csi-driver-controller");
        fires(&CHECK, &driver("Degraded", "True", "@40m"), &[
            "warning ClusterCSIDriver ebs.csi.aws.com: a part of this storage driver is degraded (since 40m)",
        ]);
    }

    #[test]
    fn what_works_and_what_just_began_are_silent() {
        silent(&CHECK, &driver("Available", "True", "@20m"));
        silent(&CHECK, &driver("Available", "False", "@2m"));
        silent(&CHECK, &driver("Degraded", "True", "@20m"));
        silent(&CHECK, &driver("Progressing", "True", "@2h"));
    }
}
