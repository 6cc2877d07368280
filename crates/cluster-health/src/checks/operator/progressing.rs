//! Operators whose roll-out does not end.

use std::time::Duration;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_operator::ClusterOperator;
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "operator-progressing",
    title: "A cluster operator does not finish its roll-out",
    explain: "Looks at condition Progressing of each ClusterOperator. It is True while the operator moves what it looks \
              after to a new version or setting, which should end within the hour. During an update operators wait for \
              nodes to restart and are given ninety minutes, machine-config three hours. Usually one pod or one node \
              holds up the roll-out. Operators that are not available or degraded are reported as such and not again \
              here.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator],
    uses: &[Kind::ClusterVersion, Kind::Node, Kind::DaemonSet, Kind::Deployment, Kind::MachineConfigPool],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/ClusterOperatorDegraded.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for operator in view.cluster.cluster_operators.iter().filter(|it| !it.is_in_trouble()) {
        let Some(progressing) = operator.conditions.having("Progressing", Status::True) else { continue };
        if view.held(progressing.since, hold(view, operator)) {
            out.push(finding(view, operator, progressing));
        }
    }
}

fn hold(view: &View, operator: &ClusterOperator) -> Duration {
    match (view.updating(), operator.meta.name.as_str()) {
        (false, _) => thresholds::OPERATOR_PROGRESS_HOLD,
        (true, "machine-config") => thresholds::MACHINE_CONFIG_UPDATE_HOLD,
        (true, _) => thresholds::OPERATOR_UPDATE_HOLD,
    }
}

fn finding(view: &View, operator: &ClusterOperator, progressing: &Condition) -> Finding {
    let name = &operator.meta.name;
    let title = format!("its roll-out has not ended for {}", view.age(progressing.since));
    let finding = Finding::new(&CHECK, Severity::Warning, operator.reference(), title)
        .since(progressing.since, "status.conditions[Progressing].lastTransitionTime")
        .overdue()
        .condition(progressing)
        .look(format!("oc describe clusteroperator {name}"), "shows what it waits for")
        .depends_on(view.causes_of(operator));
    view.look_into_namespaces(operator, finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn progressing(name: &str, since: &str) -> String {
        format!(
            "
            kind: ClusterOperator
            metadata: {{name: {name}}}
            status:
              conditions:
              - {{type: Available, status: 'True'}}
              - {{type: Progressing, status: 'True', lastTransitionTime: {since}}}
            ---"
        )
    }

    const UPDATING: &str = "
            kind: ClusterVersion
            metadata: {name: version}
            status: {conditions: [{type: Progressing, status: 'True'}]}";

    #[test]
    fn more_than_an_hour_is_a_warning() {
        fires(&CHECK, &progressing("dns", "@70m"), &[
            "warning ClusterOperator dns: its roll-out has not ended for 1h10m (since 1h10m)",
        ]);
    }

    #[test]
    fn an_update_gives_more_time() {
        silent(&CHECK, &format!("{}{UPDATING}", progressing("dns", "@80m")));
        fires(&CHECK, &format!("{}{UPDATING}", progressing("dns", "@95m")), &[
            "warning ClusterOperator dns: its roll-out has not ended for 1h35m (since 1h35m)",
        ]);
        silent(&CHECK, &format!("{}{UPDATING}", progressing("machine-config", "@170m")));
    }

    #[test]
    fn a_young_roll_out_and_a_degraded_operator_are_silent() {
        silent(&CHECK, &progressing("dns", "@50m"));
        let degraded = "conditions:\n              - {type: Degraded, status: 'True'}";
        silent(&CHECK, &progressing("dns", "@70m").replace("conditions:", degraded));
    }
}
