//! The causal chain of an incident as a tree: the root, below it what follows, with the objects in between on which
//! nothing was found.

use crate::finding::Finding;
use crate::graph::Via;
use crate::model::ObjectRef;

use super::{Hop, Incident, Member};

/// One object in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub object: ObjectRef,
    /// What it does to the object above it in the tree; nothing for the root.
    pub via: Option<Via>,
    /// Position of the finding about it; nothing where nothing was found.
    pub finding: Option<usize>,
    /// How many more objects hang here with a finding of the same check, and nothing below them.
    pub alike: usize,
    pub below: Vec<Link>,
}

/// The whole chain. Of several findings alike that lead no further, one stands for all.
pub fn chain(findings: &[Finding], incident: &Incident) -> Link {
    let mut tree = Tree { links: Vec::new(), children: Vec::new() };
    let root = tree.add(None, link(&incident.root, None, None));
    let mut at: Vec<usize> = Vec::with_capacity(incident.members.len());
    for member in &incident.members {
        let above = member.cause.map_or(root, |cause| at[cause]);
        at.push(tree.member(findings, above, member, root));
    }
    tree.into_link(root, findings)
}

fn link(object: &ObjectRef, via: Option<Via>, finding: Option<usize>) -> Link {
    Link { object: object.clone(), via, finding, alike: 0, below: Vec::new() }
}

struct Tree {
    links: Vec<Link>,
    children: Vec<Vec<usize>>,
}

impl Tree {
    fn add(&mut self, above: Option<usize>, link: Link) -> usize {
        let at = self.links.len();
        self.links.push(link);
        self.children.push(Vec::new());
        if let Some(above) = above {
            self.children[above].push(at);
        }
        at
    }

    fn member(&mut self, findings: &[Finding], above: usize, member: &Member, root: usize) -> usize {
        let object = &findings[member.finding].object;
        if member.path.is_empty() {
            if member.cause.is_none() {
                self.links[root].finding = Some(member.finding);
                return root;
            }
            return self.add(Some(above), link(object, Some(Via::SameObject), Some(member.finding)));
        }
        let (above, via) = self.between(above, &member.path);
        self.add(Some(above), link(object, via, Some(member.finding)))
    }

    /// The objects a path leads through, each hung below the one it needs; shared by all paths through them.
    fn between(&mut self, mut above: usize, path: &[Hop]) -> (usize, Option<Via>) {
        let mut via = path.last().map(|hop| hop.via);
        for at in (0..path.len().saturating_sub(1)).rev() {
            let object = &path[at].object;
            let known = self.children[above].iter().copied().find(|&child| self.links[child].object == *object);
            above = known.unwrap_or_else(|| self.add(Some(above), link(object, via, None)));
            via = Some(path[at].via);
        }
        (above, via)
    }

    fn into_link(mut self, root: usize, findings: &[Finding]) -> Link {
        self.take(root, findings)
    }

    fn take(&mut self, at: usize, findings: &[Finding]) -> Link {
        let children = std::mem::take(&mut self.children[at]);
        let mut below: Vec<Link> = Vec::with_capacity(children.len());
        for child in children {
            let link = self.take(child, findings);
            let alike = below.iter_mut().find(|other| are_alike(other, &link, findings));
            match alike {
                Some(other) => other.alike += 1 + link.alike,
                None => below.push(link),
            }
        }
        Link { below, ..self.links[at].clone() }
    }
}

fn are_alike(a: &Link, b: &Link, findings: &[Finding]) -> bool {
    let leaf = |link: &Link| link.below.is_empty();
    match (a.finding, b.finding) {
        (Some(one), Some(other)) => {
            leaf(a)
                && leaf(b)
                && a.via == b.via
                && a.via != Some(Via::SameObject)
                && findings[one].check == findings[other].check
                && a.object.kind == b.object.kind
        }
        _ => false,
    }
}
