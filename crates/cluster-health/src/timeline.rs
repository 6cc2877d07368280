//! What changed, and when: read from the objects themselves, so that it reaches back before anybody watched.
//!
//! Roll-outs with what differs between old and new, scaling, ConfigMaps, nodes, operators, updates, deletions, and events, in the
//! order of time, and how each lies to the first symptom. A change shortly before the first symptom is the usual
//! suspect; that it is one is for the reader to judge.

mod configuration;
mod deletions;
mod differences;
mod events;
mod nodes;
mod operators;
mod rollouts;
mod symptoms;
mod version;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::cluster::Cluster;
use crate::incidents::{self, Incident, Link};
use crate::model::ObjectRef;
use crate::name::Name;
use crate::ordered::Ordered;
use crate::report::Report;
use crate::time::Time;
use crate::view::View;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    RollOut,
    Scaling,
    Configuration,
    Node,
    Operator,
    Update,
    Deletion,
    Event,
    /// A finding began.
    Symptom,
}

impl Sort {
    pub const fn as_str(self) -> &'static str {
        match self {
            Sort::RollOut => "roll-out",
            Sort::Scaling => "scaling",
            Sort::Configuration => "configuration",
            Sort::Node => "node",
            Sort::Operator => "operator",
            Sort::Update => "update",
            Sort::Deletion => "deletion",
            Sort::Event => "event",
            Sort::Symptom => "symptom",
        }
    }

    /// Somebody or something changed the cluster, rather than the cluster showing it.
    pub const fn is_change(self) -> bool {
        matches!(self, Sort::RollOut | Sort::Scaling | Sort::Configuration | Sort::Update | Sort::Deletion)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub at: Time,
    pub sort: Sort,
    pub object: ObjectRef,
    /// From typed fields only.
    pub what: String,
    /// Cleaned and capped; data only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untrusted_text: Option<String>,
    /// The field the time was read from.
    pub field: &'static str,
}

/// What a timeline is about.
#[derive(Clone, Copy, Debug)]
pub enum About<'r> {
    Cluster,
    Namespace(&'r str),
    Incident(&'r Incident),
}

#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// When the first finding of what it is about began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_symptom: Option<Time>,
    /// Positions in `entries` of changes within an hour before the first symptom, the closest first.
    pub suspects: Vec<usize>,
}

/// A change this long before the first symptom may have brought it.
const SUSPECT: Duration = Duration::from_secs(60 * 60);
/// Two clocks, and the time until a probe has failed often enough.
const GRACE: Duration = Duration::from_secs(2 * 60);

/// Which objects count.
struct Scope<'r> {
    about: About<'r>,
    objects: BTreeSet<ObjectRef>,
}

impl Scope<'_> {
    fn has(&self, object: &ObjectRef) -> bool {
        match self.about {
            About::Cluster => true,
            About::Namespace(namespace) => {
                object.namespace == *namespace || (&*object.kind == "Namespace" && object.name == *namespace)
            }
            About::Incident(_) => self.objects.contains(object),
        }
    }
}

/// Everything of the last `window` before the moment assessed.
pub fn timeline(cluster: &Cluster, report: &Report, about: About, window: Duration) -> Timeline {
    let view = View::new(cluster, report.as_of);
    let scope = Scope { about, objects: objects(&view, report, about) };
    let mut entries = Vec::new();
    rollouts::add(&view, &scope, &mut entries);
    configuration::add(&view, &scope, &mut entries);
    nodes::add(&view, &scope, &mut entries);
    operators::add(&view, &scope, &mut entries);
    version::add(&view, &scope, &mut entries);
    deletions::add(&view, &scope, &mut entries);
    symptoms::add(report, &scope, &mut entries);
    events::add(&view, &scope, &mut entries);
    let start = report.as_of.minus(window);
    entries.retain(|entry| entry.at >= start && entry.at <= report.as_of.plus(GRACE));
    entries.put_in_order_by(|a, b| (a.at, a.sort, &a.object, &a.what).cmp(&(b.at, b.sort, &b.object, &b.what)));
    entries.dedup();
    let first_symptom = first_symptom(report, &scope);
    let suspects = first_symptom.map(|first| suspects(&entries, first)).unwrap_or_default();
    Timeline { entries, first_symptom, suspects }
}

fn first_symptom(report: &Report, scope: &Scope) -> Option<Time> {
    match scope.about {
        About::Incident(incident) => {
            let onset = |member: &incidents::Member| report.findings[member.finding].since.as_ref().map(|it| it.at);
            incident.members.iter().filter_map(onset).min()
        }
        _ => symptoms::of(report, scope).filter_map(|finding| finding.since.as_ref().map(|since| since.at)).max(),
    }
}

fn suspects(entries: &[Entry], first: Time) -> Vec<usize> {
    let near = |entry: &Entry| entry.at >= first.minus(SUSPECT) && entry.at <= first.plus(GRACE);
    let mut suspects: Vec<usize> =
        (0..entries.len()).filter(|&at| entries[at].sort.is_change() && near(&entries[at])).collect();
    suspects.reverse();
    suspects
}

/// The objects of an incident's chain, and what they and their workloads' pods need.
fn objects(view: &View, report: &Report, about: About) -> BTreeSet<ObjectRef> {
    let About::Incident(incident) = about else { return BTreeSet::new() };
    let mut objects = BTreeSet::new();
    collect(&incidents::chain(&report.findings, incident), &mut objects);
    objects.extend(incident.members.iter().map(|member| report.findings[member.finding].object.clone()));
    let mut graph = crate::graph::Graph::new(view);
    for object in objects.clone().iter().take(NEIGHBOURS) {
        objects.extend(graph.needs(object).iter().map(|edge| edge.to.clone()));
        objects.extend(view.unsettled_of(object).iter().map(|pod| crate::model::Resource::reference(*pod)));
    }
    objects
}

/// Objects of an incident whose own surroundings are looked at.
const NEIGHBOURS: usize = 64;

fn collect(link: &Link, objects: &mut BTreeSet<ObjectRef>) {
    objects.insert(link.object.clone());
    link.below.iter().for_each(|below| collect(below, objects));
}

fn global(kind: crate::model::Kind, name: &Name) -> ObjectRef {
    ObjectRef::new(kind, &Name::empty(), name)
}

#[cfg(test)]
mod tests;
