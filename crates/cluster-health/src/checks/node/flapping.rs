//! Nodes that go and come back again and again.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::event::Event;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-flapping",
    title: "A node goes and comes back again and again",
    explain: "Counts the events NodeNotReady and NodeReady about a node within a quarter of an hour. A node that changes sides \
              more than twice is neither gone nor well: its pods are moved away and come back, and each time Services lose \
              their endpoints. Usual causes are a network that drops heartbeats, a kubelet starved of CPU or memory, and a \
              container runtime that hangs. Critical on the control plane. Nodes that are being updated restart once and do \
              not count.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::Event],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeNodeReadinessFlapping.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for node in view.cluster.nodes.iter().filter(|node| !node.is_being_updated()) {
        let events = view.events_about(&node.reference());
        let changes: u32 = events.iter().map(|event| changes(view, event)).sum();
        if changes <= thresholds::NODE_CHANGES {
            continue;
        }
        let severity = if node.is_control_plane() { Severity::Critical } else { Severity::Warning };
        let (cli, name) = (view.cli(), &node.meta.name);
        out.push(
            Finding::new(&CHECK, severity, node.reference(), format!("went or came back {changes} times within a quarter of an hour"))
                .fact("events[reason=NodeNotReady or NodeReady].count", changes)
                .look(format!("{cli} get events -A --field-selector involvedObject.kind=Node,involvedObject.name={name}"), "shows each change with its time")
                .look(format!("{cli} describe node {name}"), "shows its conditions and how much of it is in use"),
        );
    }
}

/// How often the event was seen within the window. Older sightings are counted with it only when all of them are recent.
fn changes(view: &View, event: &Event) -> u32 {
    let is_change = matches!(&*event.reason, "NodeNotReady" | "NodeReady");
    if !is_change || !view.within(event.last, thresholds::NODE_CHANGES_WINDOW) {
        return 0;
    }
    if view.within(event.first, thresholds::NODE_CHANGES_WINDOW) { event.count } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const EVENTS: &str = "
        kind: Node
        metadata: {name: w1}
        ---
        kind: Event
        metadata: {name: w1.1, namespace: default}
        involvedObject: {kind: Node, name: w1}
        type: Normal
        reason: NodeNotReady
        count: 2
        firstTimestamp: @12m
        lastTimestamp: @2m
        ---
        kind: Event
        metadata: {name: w1.2, namespace: default}
        involvedObject: {kind: Node, name: w1}
        type: Normal
        reason: NodeReady
        count: 2
        firstTimestamp: @11m
        lastTimestamp: @1m";

    #[test]
    fn many_changes_in_a_short_time_count() {
        fires(&CHECK, EVENTS, &["warning Node w1: went or came back 4 times within a quarter of an hour"]);
    }

    #[test]
    fn one_restart_and_old_changes_are_silent() {
        silent(&CHECK, &EVENTS.replace("count: 2", "count: 1"));
        silent(&CHECK, &EVENTS.replace("@2m", "@2h").replace("@1m", "@2h"));
    }
}
