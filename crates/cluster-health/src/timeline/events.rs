//! Events about the objects: one entry for all that share object and reason, at the first time.

use std::collections::BTreeMap;

use crate::model::ObjectRef;
use crate::model::event::Event;
use crate::name::Name;
use crate::untrusted;
use crate::view::View;

use super::{Entry, Scope, Sort};

/// What controllers say when they scale on somebody's behalf.
const SCALING: [&str; 2] = ["ScalingReplicaSet", "SuccessfulRescale"];
/// What every pod of every roll-out says.
const ORDINARY: [&str; 6] = ["Pulling", "Pulled", "Created", "Started", "Scheduled", "AddedInterface"];
/// Reasons are words; anything longer was made up by somebody.
const REASON_CHARS: usize = 64;

pub(super) fn add(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    let mut groups: BTreeMap<(&ObjectRef, &Name), Vec<&Event>> = BTreeMap::new();
    let told = |event: &&Event| event.warning || SCALING.contains(&&*event.reason);
    for event in view.cluster.events.iter().filter(told).filter(|event| !ORDINARY.contains(&&*event.reason)) {
        if scope.has(&event.about) {
            groups.entry((&event.about, &event.reason)).or_default().push(event);
        }
    }
    for ((object, reason), events) in groups {
        let Some(at) = events.iter().filter_map(|event| event.first.or(event.last)).min() else { continue };
        let newest = events.iter().max_by_key(|event| event.last);
        let count: u64 = events.iter().map(|event| u64::from(event.count)).sum();
        let reason = untrusted::clean(reason, REASON_CHARS);
        let message = newest.and_then(|event| event.message.as_deref());
        let last = newest.and_then(|event| event.last).filter(|last| *last != at);
        let until = last.map(|last| format!(", last at {last}")).unwrap_or_default();
        entries.push(Entry {
            at,
            sort: if SCALING.contains(&&*reason) { Sort::Scaling } else { Sort::Event },
            object: object.clone(),
            what: format!("event {reason}, {count} times{until}"),
            untrusted_text: message.map(|text| untrusted::clean(text, untrusted::SHOWN_CHARS)),
            field: "firstTimestamp",
        });
    }
}
