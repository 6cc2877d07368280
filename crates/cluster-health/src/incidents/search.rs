//! From one finding up the graph to the findings that may explain it.

use crate::alerts;
use crate::finding::Finding;
use crate::graph::{Graph, Via, global};
use crate::model::{Kind, ObjectRef};
use crate::quick::{self, QuickMap};
use crate::view::View;

use super::Hop;
use super::rules::{self, Effect};

/// A finding that may explain another, and how it is reached.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Position among the findings.
    pub cause: usize,
    /// From the symptom's object to the cause's, the latter last; empty when they are about one object.
    pub path: Vec<Hop>,
    pub inferred: bool,
    /// It is about the same object, or the symptom's check named it.
    pub certain: bool,
}

/// Why something on the way was not taken for the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    BeganLater,
    OnlyInformation,
    DoesNoHarm,
    /// What else fails in the same way does not run there.
    OthersFailToo,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub candidates: Vec<Candidate>,
    pub rejected: Vec<(usize, Rejection)>,
}

/// More hops than any real chain has between two things that were both noticed.
const HOPS: usize = 5;
/// Objects looked at for one finding.
const OBJECTS: usize = 128;

pub(super) struct Search<'s, 'v, 'a> {
    view: &'v View<'a>,
    graph: Graph<'v, 'a>,
    findings: &'s [Finding],
    by_object: QuickMap<&'s ObjectRef, Vec<usize>>,
}

/// An object on the way: how it was reached, from where.
struct Step<O = ObjectRef> {
    object: O,
    via: Via,
    /// Position of the step before; nothing for the first.
    from: Option<usize>,
    depth: usize,
    /// The symptom's check named it.
    stated: bool,
}

impl<'s, 'v, 'a> Search<'s, 'v, 'a> {
    pub(super) fn new(view: &'v View<'a>, findings: &'s [Finding]) -> Self {
        let mut by_object: QuickMap<&ObjectRef, Vec<usize>> = quick::with_room(findings.len());
        for (at, finding) in findings.iter().enumerate() {
            by_object.entry(&finding.object).or_default().push(at);
        }
        let noticed = findings.iter().map(|finding| finding.object.kind.clone()).collect();
        Self { view, graph: Graph::to_ends(view, noticed), findings, by_object }
    }

    pub(super) fn about(&self, object: &ObjectRef) -> &[usize] {
        self.by_object.get(object).map_or(&[], Vec::as_slice)
    }

    /// Everything that may explain the finding, and what was met on the way and may not.
    pub(super) fn causes(&mut self, at: usize) -> Found {
        let symptom = &self.findings[at];
        let mut found = Found::default();
        self.same_object(at, &mut found);
        let mut steps: Vec<Step> = Vec::new();
        self.begin(&mut steps, symptom);
        // Steps are appended as they are met, so going along them is breadth first
        let mut next = 0;
        while next < steps.len() {
            if !self.take(at, &steps, next, &mut found) && steps[next].depth < HOPS {
                self.go_on(&mut steps, symptom, next);
            }
            next += 1;
        }
        found
    }

    fn go_on(&mut self, steps: &mut Vec<Step>, symptom: &Finding, from: usize) {
        let depth = steps[from].depth + 1;
        if !conducts(self.view, &steps[from].object) {
            return;
        }
        let needs = self.graph.needs(&steps[from].object);
        let effect = rules::effect(symptom);
        for edge in needs.iter().filter(|edge| rules::passes(effect, edge.via)) {
            self.push(
                steps,
                &symptom.object,
                Step { object: &edge.to, via: edge.via, from: Some(from), depth, stated: false },
            );
        }
    }

    /// Every object once, and of those that lead no further only the ones with findings.
    fn push(&self, steps: &mut Vec<Step>, start: &ObjectRef, step: Step<&ObjectRef>) {
        if step.via.is_end() && !self.by_object.contains_key(step.object) {
            return;
        }
        let known = step.object == start || steps.iter().any(|other| other.object == *step.object);
        if steps.len() < OBJECTS && !known {
            let Step { object, via, from, depth, stated } = step;
            steps.push(Step { object: object.clone(), via, from, depth, stated });
        }
    }

    /// What the check named, then what the object needs, as far as it matters for how the object fails.
    fn begin(&mut self, steps: &mut Vec<Step>, symptom: &Finding) {
        let effect = rules::effect(symptom);
        if effect == Effect::Own && symptom.upstream.is_empty() {
            return;
        }
        let under_alerts = self.nodes_under(symptom);
        let needs = self.graph.needs(&symptom.object);
        let via =
            |object: &ObjectRef| needs.iter().find(|edge| edge.to == *object).map_or(Via::Stated, |edge| edge.via);
        let stated = symptom.upstream.iter().map(|object| (object, via(object), true));
        let allowed = needs.iter().filter(|edge| effect != Effect::Own && rules::leaves(effect, edge.via));
        let first = stated.chain(allowed.map(|edge| (&edge.to, edge.via, false)));
        for (object, via, stated) in first.chain(under_alerts.iter().map(|node| (node, Via::RunsOn, false))) {
            self.push(steps, &symptom.object, Step { object, via, from: None, depth: 1, stated });
        }
    }

    /// Nodes under the pods that alerts name. Objects may still show these pods as well.
    fn nodes_under(&mut self, symptom: &Finding) -> Vec<ObjectRef> {
        let mut nodes = Vec::new();
        for alert in symptom.affected.iter().filter(|_| rules::is_alert(symptom)) {
            let needs = self.graph.needs(alert);
            nodes.extend(needs.iter().filter(|edge| edge.via == Via::RunsOn).map(|edge| edge.to.clone()));
        }
        nodes
    }

    /// Another finding about the same object explains this one when it is further up.
    fn same_object(&self, at: usize, found: &mut Found) {
        let symptom = &self.findings[at];
        for &cause in self.about(&symptom.object) {
            let finding = &self.findings[cause];
            if rules::is_fault(finding) && rules::comes_before(finding, symptom) {
                found.candidates.push(Candidate { cause, path: Vec::new(), inferred: false, certain: true });
            }
        }
    }

    /// Whether a finding about this object explains the symptom, so that nothing further up needs to.
    fn take(&self, at: usize, steps: &[Step], next: usize, found: &mut Found) -> bool {
        let step = &steps[next];
        let mut taken = false;
        for &cause in self.about(&step.object) {
            match self.judge(at, cause, if step.stated { Via::Stated } else { step.via }) {
                None => {
                    let path = path(steps, next);
                    let inferred = path.iter().any(|hop| hop.via.is_inferred());
                    found.candidates.push(Candidate { cause, inferred, certain: step.stated, path });
                    taken = true;
                }
                Some(rejection) => found.rejected.push((cause, rejection)),
            }
        }
        taken
    }

    fn judge(&self, at: usize, cause: usize, via: Via) -> Option<Rejection> {
        let (symptom, cause) = (&self.findings[at], &self.findings[cause]);
        if !rules::is_fault(cause) {
            Some(Rejection::OnlyInformation)
        } else if !rules::harms(cause, via) || !rules::speaks_of(cause, symptom, via) {
            Some(Rejection::DoesNoHarm)
        } else if via == Via::RunsOn && !self.all_on_faulty_nodes(symptom) {
            Some(Rejection::OthersFailToo)
        } else if !rules::began_before(cause, symptom) {
            Some(Rejection::BeganLater)
        } else {
            None
        }
    }

    /// A node explains that what runs on it fails, not that the same fails elsewhere.
    fn all_on_faulty_nodes(&self, symptom: &Finding) -> bool {
        let pods = symptom.affected.iter().filter(|object| object.known_kind() == Some(Kind::Pod));
        let pods = pods.filter_map(|pod| self.view.cluster.pods.get(&pod.namespace, &pod.name));
        let nodes = pods.filter(|pod| !pod.node.is_empty()).map(|pod| global(Kind::Node, &pod.node));
        let alerts = symptom.affected.iter().filter(|_| rules::is_alert(symptom));
        let alerts = alerts.filter_map(|alert| self.view.cluster.alerts.get(&alert.namespace, &alert.name));
        let mut nodes = nodes.chain(alerts.filter_map(|alert| alerts::node_of(self.view, alert)));
        nodes.all(|node| self.about(&node).iter().any(|&at| rules::is_fault(&self.findings[at])))
    }
}

fn path(steps: &[Step], last: usize) -> Vec<Hop> {
    let mut hops = Vec::new();
    let mut at = Some(last);
    while let Some(step) = at.and_then(|at| steps.get(at)) {
        hops.push(Hop { via: step.via, object: step.object.clone() });
        at = step.from;
    }
    hops.reverse();
    hops
}

/// Trouble passes through an object nobody found anything on only if that object is visibly not well itself.
fn conducts(view: &View, object: &ObjectRef) -> bool {
    let ObjectRef { namespace, name, .. } = object;
    match object.known_kind() {
        Some(Kind::Service) => {
            view.cluster.services.get(namespace, name).is_some_and(|service| view.is_unserved(service))
        }
        Some(Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Pod) => {
            view.availability(object).is_some_and(|it| it.available < it.desired)
        }
        Some(Kind::Node | Kind::ClusterOperator) => false,
        _ => true,
    }
}
