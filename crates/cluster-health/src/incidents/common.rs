//! What several faults have in common although nobody found anything on it: the one node all of them run on, the class
//! of all claims, the zone of all nodes that went away.

mod component;
mod host;
mod node;
mod stated;
mod storage_class;
mod zone;

use std::collections::{BTreeMap, HashSet};

use crate::finding::{Confidence, Fact, Finding, Step, Text, Value};
use crate::graph::Via;
use crate::model::ObjectRef;
use crate::time::Time;
use crate::view::View;

/// Fewer have something in common by chance.
const AT_LEAST: usize = 3;

/// What faults are looked at together: positions of findings that nothing explains.
pub(super) struct Roots<'r, 'v, 'a> {
    pub view: &'v View<'a>,
    pub findings: &'r [Finding],
    pub roots: &'r [usize],
}

/// Faults put down to one thing behind all of them.
#[derive(Debug)]
pub(super) struct Common {
    pub object: ObjectRef,
    pub via: Via,
    pub title: Text,
    pub confidence: Confidence,
    pub facts: Vec<Fact>,
    pub next: Vec<Step>,
    /// Positions of the findings.
    pub of: Vec<usize>,
}

/// In this order: what is put down to one of them is not looked at by those after it.
const KINDS: [fn(&Roots) -> Vec<Common>; 6] =
    [stated::find, zone::find, storage_class::find, host::find, node::find, component::find];

/// Everything that at least three (of nodes in a zone and of alerts, two) of these faults have in common.
pub(super) fn find(view: &View, findings: &[Finding], roots: &[usize]) -> Vec<Common> {
    let mut left = roots.to_vec();
    let mut all = Vec::new();
    for find in KINDS {
        if left.len() < 2 {
            break;
        }
        for common in find(&Roots { view, findings, roots: &left }) {
            let taken: HashSet<usize> = common.of.iter().copied().collect();
            left.retain(|at| !taken.contains(at));
            all.push(common);
        }
    }
    all
}

impl Roots<'_, '_, '_> {
    fn iter(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.roots.iter().map(|&at| (at, &self.findings[at]))
    }

    /// Groups of at least three faults, by what `of` says they have in common.
    fn groups<K: Ord>(&self, of: impl Fn(&Finding) -> Option<K>) -> BTreeMap<K, Vec<usize>> {
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (at, finding) in self.iter() {
            if let Some(key) = of(finding) {
                groups.entry(key).or_default().push(at);
            }
        }
        groups.retain(|_, members| members.len() >= AT_LEAST);
        groups
    }

    fn onsets(&self, of: &[usize]) -> Option<(Time, Time)> {
        let onset = |&at: &usize| self.findings[at].since.as_ref().map(|since| since.at);
        Some((of.iter().filter_map(onset).min()?, of.iter().filter_map(onset).max()?))
    }
}

fn fact(path: &'static str, value: impl ToString) -> Fact {
    Fact { path: path.into(), value: Value::Typed(value.to_string()) }
}

fn look(command: impl Into<String>, purpose: &'static str) -> Step {
    Step { purpose: purpose.into(), command: command.into(), risk: None }
}
