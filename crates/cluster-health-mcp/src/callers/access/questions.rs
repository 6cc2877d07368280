//! Which questions say what a caller may see, in which order, and what their answers come to.

use std::collections::{BTreeSet, HashSet};

use cluster_health::model::{Kind, Scope};
use cluster_health::name::Name;
use cluster_health::ordered::Ordered;
use cluster_health::visibility::{Allowed, Visibility};

use super::Inventory;
use crate::callers::Right;

/// Namespaces that are asked about, and in how many of them every kind is.
const ASKED: usize = 2000;
const IN_DETAIL: usize = 200;

/// Whoever has something in a namespace may list the first of these there that they may not list everywhere.
const TELLING: [Kind; 4] = [Kind::Pod, Kind::Deployment, Kind::Service, Kind::ConfigMap];

/// Whether all objects of a kind may be listed, in one namespace or (without one) in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    kind: Kind,
    namespace: Name,
}

impl Question {
    pub(super) fn right(&self) -> Right {
        match self.kind {
            // One namespace is no list
            Kind::Namespace if !self.namespace.is_empty() => Right::get_namespace(&self.namespace),
            kind => Right::list(kind, &self.namespace),
        }
    }
}

/// What is known so far.
pub(super) struct Survey {
    everywhere: HashSet<Kind>,
    in_namespaces: Vec<Question>,
    inventory: Inventory,
    own: Option<Name>,
}

impl Survey {
    pub(super) fn everywhere() -> Vec<Question> {
        Kind::served().map(|kind| Question { kind, namespace: Name::empty() }).collect()
    }

    /// `own` is the namespace that the caller lives in, if it lives in one.
    pub(super) fn new(everywhere: Vec<Question>, inventory: Inventory, own: Option<&str>) -> Self {
        let everywhere = everywhere.into_iter().map(|question| question.kind).collect();
        Self { everywhere, in_namespaces: Vec::new(), inventory, own: own.map(Name::from) }
    }

    /// In which namespaces to look closer.
    pub(super) fn where_at_all(&self) -> Vec<Question> {
        let Some(kind) = TELLING.into_iter().find(|kind| !self.everywhere.contains(kind)) else { return Vec::new() };
        let mut namespaces: Vec<&Name> = self.inventory.namespaces.iter().collect();
        namespaces.put_in_order_by_key(|name| (Some(*name) != self.own.as_ref(), is_of_the_platform(name), *name));
        let namespaces = namespaces.into_iter().take(ASKED);
        namespaces.map(|namespace| Question { kind, namespace: namespace.clone() }).collect()
    }

    pub(super) fn in_each(&self, there: &[Question]) -> Vec<Question> {
        let asked: HashSet<&Question> = there.iter().collect();
        let kinds: Vec<Kind> = Kind::served().filter(|kind| self.is_open(*kind)).collect();
        let namespaces = there.iter().take(IN_DETAIL).map(|question| &question.namespace);
        let each =
            namespaces.flat_map(|namespace| kinds.iter().map(|&kind| Question { kind, namespace: namespace.clone() }));
        each.filter(|question| !asked.contains(question)).collect()
    }

    fn is_open(&self, kind: Kind) -> bool {
        let inside = kind.scope() == Scope::Namespaced || kind == Kind::Namespace;
        inside && !self.everywhere.contains(&kind) && !self.inventory.absent.contains(&kind)
    }

    pub(super) fn add(&mut self, allowed: Vec<Question>) {
        self.in_namespaces.extend(allowed);
    }

    pub(super) fn visibility(self) -> Visibility {
        let mut visibility = Visibility::nothing();
        for &kind in Kind::ALL {
            let allowed = if kind.is_served() { self.allowed(kind) } else { self.of_monitoring() };
            visibility = visibility.with(kind, allowed);
        }
        visibility
    }

    fn allowed(&self, kind: Kind) -> Allowed {
        if self.everywhere.contains(&kind) {
            return Allowed::All;
        }
        let there = self.in_namespaces.iter().filter(|question| question.kind == kind);
        Allowed::In(there.map(|question| question.namespace.clone()).collect::<BTreeSet<_>>())
    }

    /// Nobody reviews rights to alerts, so they are for who may list the pods of their namespace; those of no namespace,
    /// and silences, for who may list all pods and nodes. So it is with measurements.
    fn of_monitoring(&self) -> Allowed {
        match self.allowed(Kind::Pod) {
            Allowed::All if !self.everywhere.contains(&Kind::Node) => {
                Allowed::In(self.inventory.namespaces.iter().cloned().collect())
            }
            allowed => allowed,
        }
    }
}

/// Tenants rarely have anything there, so those are asked about last.
fn is_of_the_platform(namespace: &str) -> bool {
    namespace.starts_with("openshift-") || namespace.starts_with("kube-") || namespace == "openshift"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(kind: Kind, namespace: &str) -> Question {
        Question { kind, namespace: namespace.into() }
    }

    fn inventory(names: &[&str]) -> Inventory {
        Inventory { namespaces: names.iter().map(|name| Name::from(*name)).collect(), absent: vec![Kind::Route] }
    }

    #[test]
    fn who_may_see_all_is_asked_nothing_more() {
        let survey = Survey::new(Survey::everywhere(), inventory(&["a"]), None);
        assert!(survey.where_at_all().is_empty());
        assert!(survey.visibility().is_everything());
        let no_nodes = Survey::everywhere().into_iter().filter(|question| question.kind != Kind::Node).collect();
        let sees = Survey::new(no_nodes, inventory(&["a"]), None).visibility();
        assert_eq!(*sees.of(Kind::Alert), Allowed::In(["a".into()].into()), "not those of no namespace");
    }

    #[test]
    fn a_tenant_is_asked_closely_only_where_it_has_something() {
        let nodes = vec![question(Kind::Node, "")];
        let mut survey = Survey::new(nodes, inventory(&["openshift-dns", "b", "home"]), Some("home"));
        let asked = survey.where_at_all();
        let names: Vec<&str> = asked.iter().map(|question| question.namespace.as_str()).collect();
        assert_eq!(names, ["home", "b", "openshift-dns"]);
        let there = vec![question(Kind::Pod, "b")];
        let closely = survey.in_each(&there);
        assert!(closely.iter().all(|question| &*question.namespace == "b"));
        assert!(closely.contains(&question(Kind::Namespace, "b")) && closely.contains(&question(Kind::Service, "b")));
        for kind in [Kind::Pod, Kind::Node, Kind::Route, Kind::ClusterOperator] {
            assert!(!closely.contains(&question(kind, "b")), "{kind}");
        }
        survey.add(there);
        let sees = survey.visibility();
        assert_eq!(*sees.of(Kind::Node), Allowed::All);
        for kind in [Kind::Pod, Kind::Alert] {
            assert_eq!(*sees.of(kind), Allowed::In(["b".into()].into()));
        }
        assert_eq!(*sees.of(Kind::Silence), Allowed::Nothing);
        assert_eq!(*sees.of(Kind::Service), Allowed::Nothing);
    }
}
