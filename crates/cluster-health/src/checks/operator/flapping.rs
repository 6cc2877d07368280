//! Cluster operators that fail and recover again and again.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_operator::ClusterOperator;
use crate::model::cluster_version::ClusterVersion;
use crate::model::event::Event;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time::Time;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "operator-flapping",
    title: "A cluster operator fails and recovers again and again",
    explain: "Counts the events of the last hour by which an operator tells that its condition Available or Degraded has \
              changed. Whoever looks in between sees a healthy operator, and its alerts never wait long enough to fire. Usual \
              causes are an API or etcd that answers too slowly, a probe that times out now and then, and a node that comes \
              and goes. Three changes are a failure, a recovery and the next failure. Only events in the platform's own \
              namespaces count, which tenants cannot write to, and none of the first installation or an update, when operators \
              restart.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator, Kind::Event],
    uses: &[Kind::ClusterVersion],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/ClusterOperatorDegraded.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    if view.installing() || view.updating() {
        return;
    }
    let settled = view.cluster.cluster_versions.iter().filter_map(ended).max();
    let mut changes: BTreeMap<&str, u32> = BTreeMap::new();
    for event in view.cluster.events.iter().filter(|event| event.first > settled) {
        if let Some(operator) = changed(view, event) {
            *changes.entry(operator).or_default() += times(view, event);
        }
    }
    for (name, times) in changes.into_iter().filter(|(_, times)| *times >= thresholds::OPERATOR_CHANGES) {
        if let Some(operator) = view.cluster.cluster_operators.get("", name) {
            out.push(finding(view, operator, times));
        }
    }
}

/// When the last installation or update was over.
fn ended(version: &ClusterVersion) -> Option<Time> {
    version.history.iter().filter_map(|update| update.finished).max()
}

/// The operator that tells of such a change.
fn changed<'a>(view: &View, event: &'a Event) -> Option<&'a str> {
    let tells = &*event.reason == "OperatorStatusChanged" && is_platform(&event.meta.namespace);
    if !tells || !view.within(event.last, thresholds::RECENT_EVENT) {
        return None;
    }
    let (operator, what) = event.message.as_deref()?.strip_prefix("Status for clusteroperator/")?.split_once(" changed: ")?;
    let conditions = ["Available changed from ", "Degraded changed from "];
    conditions.iter().any(|condition| what.contains(condition)).then_some(operator)
}

/// Older sightings are counted with it only when all of them are recent.
fn times(view: &View, event: &Event) -> u32 {
    if view.within(event.first, thresholds::RECENT_EVENT) { event.count } else { 1 }
}

fn finding(view: &View, operator: &ClusterOperator, times: u32) -> Finding {
    let title = format!("changed between working and failing {times} times within an hour");
    let finding = Finding::new(&CHECK, Severity::Warning, operator.reference(), title)
        .fact("events[reason=OperatorStatusChanged].count", times)
        .depends_on(view.causes_of(operator))
        .look("oc get events -A --field-selector reason=OperatorStatusChanged --sort-by=.lastTimestamp", "shows each change and its reason")
        .look(format!("oc describe clusteroperator {}", operator.meta.name), "shows how it is now");
    view.look_into_namespaces(operator, finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const EVENTS: &str = "
        kind: ClusterOperator
        metadata: {name: console}
        status: {conditions: [{type: Available, status: 'True'}]}
        ---
        kind: Event
        metadata: {name: a, namespace: openshift-console-operator}
        involvedObject: {kind: Deployment, name: console-operator}
        reason: OperatorStatusChanged
        message: 'Status for clusteroperator/console changed: Available changed from True to False (\"no route\")'
        count: 2
        firstTimestamp: @40m
        lastTimestamp: @20m
        ---
        kind: Event
        metadata: {name: b, namespace: openshift-console-operator}
        involvedObject: {kind: Deployment, name: console-operator}
        reason: OperatorStatusChanged
        message: 'Status for clusteroperator/console changed: Available changed from False to True (\"\")'
        count: 1
        firstTimestamp: @30m
        lastTimestamp: @30m";

    #[test]
    fn failing_twice_in_an_hour_counts_although_it_works_now() {
        let line = "warning ClusterOperator console: changed between working and failing 3 times within an hour";
        fires(&CHECK, EVENTS, &[line]);
    }

    #[test]
    fn one_failure_other_changes_and_updates_are_silent() {
        silent(&CHECK, &EVENTS.replace("count: 2", "count: 1"));
        silent(&CHECK, &EVENTS.replace("Available changed from True", "Degraded message changed from"));
        silent(&CHECK, &EVENTS.replace("@20m", "@2h").replace("@40m", "@3h"));
        let updating = "
        ---
        kind: ClusterVersion
        metadata: {name: version}
        status: {conditions: [{type: Progressing, status: 'True'}], history: [{state: Completed, version: 4.20.1}]}";
        silent(&CHECK, &(EVENTS.to_owned() + updating));
        let ended = |at: &str| updating.replace("status: 'True'", "status: 'False'").replace("4.20.1}", &format!("4.20.1, completionTime: {at}}}"));
        silent(&CHECK, &(EVENTS.to_owned() + &ended("@10m")));
        fires(&CHECK, &(EVENTS.to_owned() + &ended("@50m")), &[
            "warning ClusterOperator console: changed between working and failing 3 times within an hour",
        ]);
    }

    #[test]
    fn tenants_cannot_make_it_up() {
        silent(&CHECK, &EVENTS.replace("namespace: openshift-console-operator", "namespace: shop"));
    }
}
