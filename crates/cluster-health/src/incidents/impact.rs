//! What an incident reaches: its blast radius.

use serde::Serialize;

use crate::finding::Finding;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;

/// How many objects of each sort an incident touches, its root included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// Deployments, StatefulSets, DaemonSets, Jobs and pods nobody owns
    pub workloads: usize,
    pub services: usize,
    /// Routes and Ingresses
    pub routes: usize,
    pub nodes: usize,
    /// ClusterOperators and operators installed with OLM
    pub operators: usize,
    pub namespaces: usize,
}

impl Impact {
    pub(super) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut objects: Vec<&ObjectRef> =
            findings.flat_map(|finding| std::iter::once(&finding.object).chain(workloads(&finding.affected))).collect();
        objects.sort_unstable();
        objects.dedup();
        let mut impact = Self::default();
        for object in &objects {
            if let Some(count) = impact.count_of(object) {
                *count += 1;
            }
        }
        let mut namespaces: Vec<&Name> = objects.iter().map(|object| &object.namespace).collect();
        namespaces.retain(|namespace| !namespace.is_empty());
        namespaces.sort_unstable();
        namespaces.dedup();
        impact.namespaces = namespaces.len();
        impact
    }

    /// Without one object that is part of it.
    #[must_use]
    pub fn beyond(mut self, object: &ObjectRef) -> Self {
        if let Some(count) = self.count_of(object) {
            *count = count.saturating_sub(1);
        }
        self
    }

    /// Where an object is counted.
    fn count_of(&mut self, object: &ObjectRef) -> Option<&mut usize> {
        match object.known_kind() {
            Some(Kind::Service) => Some(&mut self.services),
            Some(Kind::Route) => Some(&mut self.routes),
            Some(Kind::Node) => Some(&mut self.nodes),
            Some(Kind::ClusterOperator | Kind::ClusterServiceVersion) => Some(&mut self.operators),
            Some(_) if is_workload(object) => Some(&mut self.workloads),
            None if &*object.kind == "Ingress" => Some(&mut self.routes),
            _ => None,
        }
    }

    /// `2 workloads, 1 service`; nothing when nothing is touched.
    pub fn words(&self) -> String {
        let Self { workloads, services, routes, nodes, operators, namespaces: _ } = *self;
        let counts = [
            (workloads, "workload"),
            (services, "service"),
            (routes, "route"),
            (nodes, "node"),
            (operators, "operator"),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> =
            some.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" })).collect();
        words.join(", ")
    }
}

pub(super) fn is_workload(object: &ObjectRef) -> bool {
    matches!(
        object.known_kind(),
        Some(
            Kind::Deployment
                | Kind::DeploymentConfig
                | Kind::StatefulSet
                | Kind::DaemonSet
                | Kind::ReplicaSet
                | Kind::Job
                | Kind::CronJob
                | Kind::Pod
        )
    )
}

/// Pods among what a finding affects belong to workloads that are counted already.
fn workloads(affected: &[ObjectRef]) -> impl Iterator<Item = &ObjectRef> {
    affected.iter().filter(|object| is_workload(object) && object.known_kind() != Some(Kind::Pod))
}
