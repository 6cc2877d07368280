//! An update of OpenShift that does not come to its end.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::cluster_operator::ClusterOperator;
use crate::model::cluster_version::{ClusterVersion, Update};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-update-stuck",
    title: "An update of OpenShift does not end",
    explain: "Looks at an update that has not completed, by its start in the ClusterVersion's history. The version operator \
              updates operators in a fixed order and waits for each; last comes machine-config, which restarts the \
              control-plane nodes. More than two hours is a warning; more than six, or an hour without any operator or \
              node moving, is critical. Usual causes: an operator that is degraded, a node that cannot be drained because \
              of a disruption budget, or one that did not come back. Operators still at the old version and pools still \
              updating are named. Worker pools may take longer than the update itself and do not count here.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[Kind::ClusterOperator, Kind::MachineConfigPool, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        let Some(update) = version.unfinished() else { continue };
        // Without a start nothing can be said about how long it takes.
        if update.started.is_some() && view.held(update.started, thresholds::UPDATE_LONG) {
            out.push(finding(view, version, update));
        }
    }
}

/// When an operator or a control-plane node last changed its state.
fn last_step(view: &View) -> Option<Time> {
    let operators = view.cluster.cluster_operators.iter();
    let operators = operators.filter_map(|it| it.conditions.get("Progressing")?.since);
    let nodes = view.cluster.nodes.iter().filter(|node| node.is_control_plane());
    operators.chain(nodes.filter_map(|node| node.conditions.get("Ready")?.since)).max()
}

/// What was not seen may have moved.
fn sees_steps(view: &View) -> bool {
    view.all_seen(Kind::ClusterOperator) && view.all_seen(Kind::Node) && !view.cluster.cluster_operators.is_empty()
}

fn finding(view: &View, version: &ClusterVersion, update: &Update) -> Finding {
    let step = last_step(view).max(update.started);
    let stands = sees_steps(view) && view.held(step, thresholds::UPDATE_STANDSTILL);
    let too_long = view.held(update.started, thresholds::UPDATE_TOO_LONG);
    let severity = if stands || too_long { Severity::Critical } else { Severity::Warning };
    let installed = version.installed().map(|update| update.version.as_str());
    let what = match installed {
        Some(from) => format!("the update from {from} to {}", update.version),
        None => format!("the installation of {}", update.version),
    };
    let title = if stands {
        format!("{what} has not ended, and nothing has moved for {}", view.age(step))
    } else {
        format!("{what} has not ended")
    };
    let old = operators_behind(view, version);
    let mut finding = Finding::new(&CHECK, severity, version.reference(), title)
        .since(update.started, "status.history[0].startedTime")
        .overdue()
        .fact("status.history[0].state", "Partial");
    if !old.is_empty() {
        let names = listed(old.iter().map(|operator| operator.meta.name.as_str()));
        finding = finding.fact("ClusterOperators whose status.versions[operator] is old", names);
    }
    for pool in view.cluster.machine_config_pools.iter().filter(|pool| pool.conditions.is_true("Updating")) {
        let path = format!("MachineConfigPool {} status.updatedMachineCount", pool.meta.name);
        finding = finding.fact(path, format!("{} of {}", pool.updated, pool.machines));
    }
    if let Some(progressing) = version.conditions.get("Progressing") {
        finding = finding.condition(progressing);
    }
    finding
        .look("oc adm upgrade", "shows what the version operator waits for")
        .look("oc get clusteroperators", "shows operators that are degraded or still at the old version")
        .look("oc get machineconfigpools", "shows how many nodes of each pool are updated")
}

fn operators_behind<'a>(view: &View<'a>, version: &ClusterVersion) -> Vec<&'a ClusterOperator> {
    let operators = view.cluster.cluster_operators.iter();
    operators.filter(|it| it.is_behind(&version.desired)).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn updating(started: &str, last_step: &str) -> String {
        format!(
            "
            kind: ClusterVersion
            metadata: {{name: version}}
            status:
              desired: {{version: 4.20.7}}
              history:
              - {{version: 4.20.7, state: Partial, startedTime: {started}}}
              - {{version: 4.20.6, state: Completed}}
              conditions: [{{type: Progressing, status: 'True', lastTransitionTime: {started}}}]
            ---
            kind: ClusterOperator
            metadata: {{name: dns}}
            status:
              versions: [{{name: operator, version: 4.20.7}}]
              conditions: [{{type: Available, status: 'True'}}, {{type: Progressing, status: 'False', lastTransitionTime: {last_step}}}]
            ---
            kind: ClusterOperator
            metadata: {{name: machine-config}}
            status:
              versions: [{{name: operator, version: 4.20.6}}]
              conditions: [{{type: Available, status: 'True'}}]
            ---
            kind: MachineConfigPool
            metadata: {{name: master}}
            status: {{machineCount: 3, updatedMachineCount: 1, conditions: [{{type: Updating, status: 'True'}}]}}"
        )
    }

    #[test]
    fn two_hours_with_movement_are_a_warning() {
        let found = fires(&CHECK, &updating("@3h", "@20m"), &[
            "warning ClusterVersion version: the update from 4.20.6 to 4.20.7 has not ended (since 3h)",
        ]);
        assert!(found[0].facts.iter().any(|fact| fact.path.contains("is old")));
    }

    #[test]
    fn standing_still_or_six_hours_are_critical() {
        fires(&CHECK, &updating("@3h", "@90m"), &[
            "critical ClusterVersion version: the update from 4.20.6 to 4.20.7 has not ended, \
             and nothing has moved for 1h30m (since 3h)",
        ]);
        fires(&CHECK, &updating("@7h", "@20m"), &[
            "critical ClusterVersion version: the update from 4.20.6 to 4.20.7 has not ended (since 7h)",
        ]);
    }

    #[test]
    fn a_young_or_completed_update_is_silent() {
        silent(&CHECK, &updating("@110m", "@70m"));
        silent(&CHECK, &updating("@7h", "@2h").replace("Partial", "Completed"));
    }
}
