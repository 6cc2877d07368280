//! Warnings about many objects at once that no other check speaks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Layer};
use crate::decode::is_legal;
use crate::finding::{Finding, Severity};
use crate::model::event::Event;
use crate::model::kind_name::KindName;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "event-warning-storm",
    title: "One kind of warning comes for many objects at once",
    explain: "Counts the warning events of the last quarter of an hour by reason and kind of object: twenty or more about at \
              least three objects have something in common. Reasons that other checks look at (pulls, mounts, probes, \
              scheduling, refused creations and the like) are left to them. Anybody who may write events can write such a \
              storm, so it is only ever worth knowing and never decides a verdict. An event that was repeated long ago \
              counts by its pace, not by all the times it was seen.",
    layer: Layer::Service,
    needs: &[Kind::Event],
    uses: &[],
    reference: "https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/",
    run,
};

/// Reasons by which other checks find their trouble.
const SPOKEN_FOR: [&str; 21] = [
    "BackOff",
    "Failed",
    "FailedAttachVolume",
    "FailedBinding",
    "FailedComputeMetricsReplicas",
    "FailedCreate",
    "FailedCreatePodSandBox",
    "FailedGetResourceMetric",
    "FailedMapVolume",
    "FailedMount",
    "FailedScheduling",
    "InspectFailed",
    "NetworkNotReady",
    "NodeNotReady",
    "NotTriggerScaleUp",
    "ProbeError",
    "ProvisioningFailed",
    "SyncLoadBalancerFailed",
    "Unhealthy",
    "Evicted",
    "BackoffLimitExceeded",
];

#[derive(Default)]
struct Storm<'a> {
    times: u64,
    objects: BTreeSet<&'a ObjectRef>,
    newest: Option<&'a Event>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut storms: BTreeMap<(&Name, &KindName), Storm> = BTreeMap::new();
    for event in view.cluster.events.iter().filter(|event| event.warning) {
        if view.within(event.last, thresholds::STORM_WINDOW) && !SPOKEN_FOR.contains(&&*event.reason) {
            let storm = storms.entry((&event.reason, &event.about.kind)).or_default();
            storm.times += times(event);
            storm.objects.insert(&event.about);
            storm.newest = storm.newest.into_iter().chain([event]).max_by_key(|event| event.last);
        }
    }
    storms.retain(|(reason, kind), storm| {
        let is_storm = storm.times >= thresholds::STORM_TIMES && storm.objects.len() >= thresholds::STORM_OBJECTS;
        is_storm && is_legal(reason) && is_legal(kind)
    });
    out.extend(storms.into_iter().map(|((reason, kind), storm)| finding(view, reason, kind, &storm)));
}

/// How often it was seen within the window, at its pace since it was first seen.
fn times(event: &Event) -> u64 {
    let span = event.last.zip(event.first).map_or(0, |(last, first)| last.since(first).as_secs());
    let window = thresholds::STORM_WINDOW.as_secs();
    let count = u64::from(event.count);
    if span > window { (count * window / span).max(1) } else { count }
}

fn finding(view: &View, reason: &Name, kind: &KindName, storm: &Storm) -> Finding {
    let object = ObjectRef::new(Kind::Event, &Name::empty(), reason);
    let title = format!("about {} warnings of this reason in a quarter of an hour, about {} objects", storm.times, storm.objects.len());
    Finding::new(&CHECK, Severity::Info, object, title)
        .fact("involvedObject.kind", kind)
        .untrusted("the newest message", storm.newest.and_then(|event| event.message.as_deref()))
        .affects(storm.objects.iter().map(|object| (*object).clone()))
        .look(
            format!("{} get events -A --field-selector reason={reason} --sort-by=.lastTimestamp", view.cli()),
            "shows what they say, and about which objects",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn events(reason: &str, objects: usize, count: u32, first: &str) -> String {
        let event = |at: usize| {
            format!(
                "
        kind: Event
        metadata: {{name: e{at}, namespace: shop}}
        involvedObject: {{kind: Pod, namespace: shop, name: p{at}}}
        type: Warning
        reason: {reason}
        count: {count}
        firstTimestamp: {first}
        lastTimestamp: @1m
        ---"
            )
        };
        (0..objects).map(event).collect()
    }

    #[test]
    fn many_warnings_about_several_objects() {
        fires(&CHECK, &events("DNSConfigForming", 4, 10, "@10m"), &[
            "info Event DNSConfigForming: about 40 warnings of this reason in a quarter of an hour, about 4 objects",
        ]);
    }

    #[test]
    fn few_slow_and_spoken_for_ones_are_silent() {
        silent(&CHECK, &events("DNSConfigForming", 2, 100, "@10m"));
        silent(&CHECK, &events("DNSConfigForming", 4, 10, "@2d"));
        silent(&CHECK, &events("BackOff", 4, 10, "@10m"));
    }
}
