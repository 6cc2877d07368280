//! Findings joined into incidents: one root cause each, with everything that follows from it.
//!
//! A finding is put down to another when a path of the [`graph`](crate::graph) leads from its object to the other's, the
//! edges are of a sort along which such trouble spreads ([`rules`]), and the other began no later. What nothing explains
//! is a root; roots that have something in common on which nothing was found are put down to that ([`common`]).

mod chain;
mod common;
mod explain;
mod impact;
mod links;
mod rules;
mod search;

use std::cmp::Reverse;
use std::collections::HashSet;

use serde::Serialize;

use crate::finding::{Confidence, Fact, Finding, Severity, Step, Text};
use crate::graph::Via;
use crate::model::ObjectRef;
use crate::ordered::Ordered;
use crate::quick::{self, QuickMap};
use crate::time::Time;
use crate::view::View;

pub use chain::{Link, chain};
pub use explain::{Alternative, Explanation, LogEvidence, RuledOut, explain};
pub use impact::Impact;

/// One step from an object to another that it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hop {
    pub via: Via,
    pub object: ObjectRef,
}

/// A root cause and what follows from it.
#[derive(Clone, Debug, Serialize)]
pub struct Incident {
    /// The root's object as `Kind/namespace/name`: the same in every assessment and from every source.
    pub id: String,
    /// Of the worst finding.
    pub severity: Severity,
    /// How sure it is that this is the root cause, rather than one more symptom.
    pub confidence: Confidence,
    pub root: ObjectRef,
    /// One sentence from typed fields only.
    pub title: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Its findings, causes before what follows from them. The first is about the root, unless nothing was found there.
    pub members: Vec<Member>,
    pub impact: Impact,
    /// Evidence and steps where nothing was found on the root itself; else the first member has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Step>,
}

/// A finding in an incident.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// Position among the report's findings.
    pub finding: usize,
    /// Position among the incident's members of what it is put down to; nothing for what is put down to the root itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<usize>,
    /// From its object to that of its cause; empty when they are the same.
    pub path: Vec<Hop>,
}

impl Incident {
    /// Something was found on the root itself.
    pub fn root_is_found(&self) -> bool {
        self.facts.is_empty()
    }

    /// What it touches besides its root, in words; empty when that is all.
    pub fn reach(&self) -> String {
        let impact = self.impact.clone();
        if self.root_is_found() { impact.beyond(&self.root).words() } else { impact.words() }
    }

    pub fn root_finding<'f>(&self, findings: &'f [Finding]) -> Option<&'f Finding> {
        if self.root_is_found() { findings.get(self.members.first()?.finding) } else { None }
    }

    /// Evidence for the root.
    pub fn evidence<'f>(&'f self, findings: &'f [Finding]) -> &'f [Fact] {
        self.root_finding(findings).map_or(&self.facts, |finding| &finding.facts)
    }

    /// What to do about the root, looks first.
    pub fn steps<'f>(&'f self, findings: &'f [Finding]) -> &'f [Step] {
        self.root_finding(findings).map_or(&self.next, |finding| &finding.next)
    }
}

/// Findings in the order of a report, and the incidents that point to them, worst first.
pub(crate) fn join(view: &View, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Incident>) {
    let mut search = search::Search::new(view, &findings);
    let causes = links::choose(&findings, &mut search);
    let trees = Trees::plant(view, &findings, causes);
    let mut incidents: Vec<Incident> = trees.roots.iter().map(|root| trees.incident(&findings, root)).collect();
    sort(&mut incidents, &findings);
    (numbered(findings, &mut incidents), incidents)
}

fn sort(incidents: &mut [Incident], findings: &[Finding]) {
    let first = |incident: &Incident| incident.members.first().map(|member| &findings[member.finding]);
    let key = |incident: &Incident| {
        (
            Reverse(incident.severity),
            Reverse(incident.members.len().ilog2()),
            first(incident).map(|finding| finding.layer),
            incident.since.map_or(i64::MAX, Time::unix),
        )
    };
    incidents.put_in_order_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id)));
}

/// What the findings hang on: each on its cause, on an object that several have in common, or on nothing.
struct Trees {
    roots: Vec<Root>,
    /// By the position of what they are put down to.
    below: Vec<Vec<(usize, Vec<Hop>)>>,
}

enum Root {
    /// Positions of findings about one object that nothing explains, the one that matters most first.
    Found(Vec<usize>),
    Common(common::Common),
}

impl Trees {
    fn plant(view: &View, findings: &[Finding], causes: Vec<Option<search::Candidate>>) -> Self {
        let mut below: Vec<Vec<(usize, Vec<Hop>)>> = vec![Vec::new(); findings.len()];
        let mut roots = Vec::new();
        for (at, cause) in causes.into_iter().enumerate() {
            match cause {
                Some(candidate) => below[candidate.cause].push((at, candidate.path)),
                None if rules::is_fault(&findings[at]) => roots.push(at),
                None => {}
            }
        }
        for children in below.iter_mut().filter(|children| children.len() > 1) {
            children.put_in_order_by(|(a, _), (b, _)| {
                let key = |at: usize| (Reverse(findings[at].severity), findings[at].layer, &findings[at].object);
                key(*a).cmp(&key(*b)).then(a.cmp(b))
            });
        }
        let common = common::find(view, findings, &roots);
        let in_common: HashSet<usize> = common.iter().flat_map(|common| common.of.iter().copied()).collect();
        roots.retain(|at| !in_common.contains(at));
        let own = by_object(findings, &roots).into_iter().map(Root::Found);
        Self { roots: own.chain(common.into_iter().map(Root::Common)).collect(), below }
    }

    fn incident(&self, findings: &[Finding], root: &Root) -> Incident {
        let mut members = Vec::new();
        match root {
            Root::Found(of) => {
                for (n, &at) in of.iter().enumerate() {
                    self.add(&mut members, at, (n > 0).then_some(0), Vec::new());
                }
            }
            Root::Common(common) => {
                for &at in &common.of {
                    let path = vec![Hop { via: common.via, object: common.object.clone() }];
                    self.add(&mut members, at, None, path);
                }
            }
        }
        let severity = members.iter().map(|member| findings[member.finding].severity).max();
        let impact = Impact::of(members.iter().map(|member| &findings[member.finding]));
        let since = |at: usize| findings[at].since.as_ref().map(|since| since.at);
        match root {
            Root::Found(of) => {
                let first = &findings[of[0]];
                Incident {
                    id: id(&first.object),
                    severity: severity.unwrap_or(first.severity),
                    confidence: confidence(first),
                    root: first.object.clone(),
                    title: first.title.clone(),
                    since: since(of[0]),
                    members,
                    impact,
                    facts: Vec::new(),
                    next: Vec::new(),
                }
            }
            Root::Common(common) => Incident {
                id: id(&common.object),
                severity: severity.unwrap_or(Severity::Warning),
                confidence: common.confidence,
                root: common.object.clone(),
                title: common.title.clone(),
                since: common.of.iter().filter_map(|&at| since(at)).min(),
                members,
                impact,
                facts: common.facts.clone(),
                next: common.next.clone(),
            },
        }
    }

    /// A finding and, after it, what follows from it.
    fn add(&self, members: &mut Vec<Member>, finding: usize, cause: Option<usize>, path: Vec<Hop>) {
        let at = members.len();
        members.push(Member { finding, cause, path });
        for (next, path) in &self.below[finding] {
            self.add(members, *next, Some(at), path.clone());
        }
    }
}

/// Groups of findings about the same object: what lies furthest up first, then what began first.
fn by_object(findings: &[Finding], roots: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: QuickMap<&ObjectRef, Vec<usize>> = quick::with_room(roots.len());
    for &at in roots {
        groups.entry(&findings[at].object).or_default().push(at);
    }
    let onset = |at: usize| findings[at].since.as_ref().map_or(i64::MAX, |since| since.at.unix());
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    for group in &mut groups {
        group.put_in_order_by_key(|&at| (findings[at].layer, onset(at), Reverse(findings[at].severity), at));
    }
    groups
}

fn id(object: &ObjectRef) -> String {
    let ObjectRef { kind, namespace, name } = object;
    if namespace.is_empty() { format!("{kind}/{name}") } else { format!("{kind}/{namespace}/{name}") }
}

/// An object that says what is wrong with it is one thing; one that merely fails has a reason that was not seen.
fn confidence(root: &Finding) -> Confidence {
    use rules::Effect::{Ending, Evicted, Operator, Running, Short, Unserved};
    let symptom = matches!(rules::effect(root), Running | Short | Unserved | Operator | Ending | Evicted);
    if symptom { root.confidence.min(Confidence::Likely) } else { root.confidence }
}

/// Puts the findings into the order of a report, roots first in the order of their incidents, then what is information
/// only, then what follows from the roots, and tells the incidents and the findings about it.
fn numbered(findings: Vec<Finding>, incidents: &mut [Incident]) -> Vec<Finding> {
    let mut order: Vec<usize> = Vec::with_capacity(findings.len());
    let mut placed = vec![false; findings.len()];
    let mut place = |at: usize, order: &mut Vec<usize>| {
        if !std::mem::replace(&mut placed[at], true) {
            order.push(at);
        }
    };
    for incident in incidents.iter().filter(|incident| incident.root_is_found()) {
        place(incident.members[0].finding, &mut order);
    }
    let mut in_incident = vec![false; findings.len()];
    incidents.iter().flat_map(|incident| &incident.members).for_each(|member| in_incident[member.finding] = true);
    let mut rest: Vec<usize> = (0..findings.len()).filter(|&at| !in_incident[at]).collect();
    rest.put_in_order_by_key(|&at| (Reverse(findings[at].severity), findings[at].layer, &findings[at].id));
    rest.into_iter().for_each(|at| place(at, &mut order));
    for incident in incidents.iter() {
        incident.members.iter().for_each(|member| place(member.finding, &mut order));
    }
    let mut position = vec![0; findings.len()];
    for (new, &old) in order.iter().enumerate() {
        position[old] = new;
    }
    let mut slots: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    let mut findings: Vec<Finding> = order.into_iter().filter_map(|old| slots[old].take()).collect();
    for incident in incidents {
        for member in &mut incident.members {
            member.finding = position[member.finding];
        }
        tell(&mut findings, incident);
    }
    findings
}

/// Names the root in every finding that follows from it.
fn tell(findings: &mut [Finding], incident: &Incident) {
    let (root, followers) = match incident.members.split_first() {
        Some((first, rest)) if incident.root_is_found() => (findings[first.finding].id.clone(), rest),
        _ => (incident.id.clone(), &incident.members[..]),
    };
    for member in followers {
        findings[member.finding].explained_by = Some(root.clone());
    }
    if let Some(first) = incident.members.first().filter(|_| incident.root_is_found()) {
        findings[first.finding].explains = followers.len();
    }
}

#[cfg(test)]
mod tests;
