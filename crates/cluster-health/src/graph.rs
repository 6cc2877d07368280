//! What depends on what: typed edges from an object to those it needs, read from the cluster's objects when somebody
//! asks for them. Nothing is built ahead: only objects with findings are ever looked at.
//!
//! One file a kind of object in `graph/`; each says which fields its edges come from.

mod alert;
mod api_service;
mod autoscaler;
mod budget;
mod claim;
mod http_route;
mod ingress;
mod ingress_controller;
mod machine;
mod namespace;
mod operator;
mod operator_version;
mod owner;
mod pod;
mod rollout;
mod route;
mod service;
mod webhook;
mod workload;

pub(crate) use pod::{registry, service_named};

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::Serialize;

use crate::cluster::Cluster;
use crate::model::kind_name::KindName;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::quick::QuickMap;
use crate::time::Time;
use crate::view::View;

/// In which way one object needs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// No edge: another finding about the object itself.
    SameObject,
    /// The check that made the finding named the dependency.
    Stated,
    OwnedBy,
    RunsOn,
    Mounts,
    BoundTo,
    OfClass,
    /// A ConfigMap or Secret, by name.
    Reads,
    ActsAs,
    PullsFrom,
    /// A host name in the environment, the arguments or the probes of a container.
    Calls,
    Selects,
    SendsTo,
    AnsweredBy,
    LimitedBy,
    Manages,
    /// One operator cannot work without another.
    BuiltOn,
    InZone,
    /// A Machine behind a node.
    ProvidedBy,
    Scales,
    /// The part of the API that serves what an autoscaler measures.
    MeasuresBy,
    /// What attaches and mounts a volume.
    DrivenBy,
    /// A Gateway that takes in a route's requests.
    AttachedTo,
    /// Pods that a disruption budget keeps from being evicted.
    Guards,
    /// An update does not end before it.
    WaitsFor,
    /// An alert, and what its labels name.
    About,
    /// A namespace and what is in it.
    Holds,
    /// What an operator looks after, or a namespace holds, where alerts are all that is known.
    PartOf,
}

impl Via {
    /// What the one that needs does to the one needed: `runs on`.
    pub const fn verb(self) -> &'static str {
        match self {
            Via::SameObject => "is about",
            Via::Stated => "depends on",
            Via::OwnedBy => "is owned by",
            Via::RunsOn => "runs on",
            Via::Mounts => "mounts",
            Via::BoundTo => "is bound to",
            Via::OfClass => "is of class",
            Via::Reads => "reads",
            Via::ActsAs => "acts as",
            Via::PullsFrom => "pulls from",
            Via::Calls => "calls",
            Via::Selects => "selects",
            Via::SendsTo => "sends to",
            Via::AnsweredBy => "is answered by",
            Via::LimitedBy => "is limited by",
            Via::Manages => "looks after",
            Via::BuiltOn => "is built on",
            Via::InZone => "is in",
            Via::ProvidedBy => "is provided by",
            Via::Scales => "scales",
            Via::MeasuresBy => "measures by",
            Via::DrivenBy => "is driven by",
            Via::AttachedTo => "is attached to",
            Via::Guards => "guards",
            Via::WaitsFor => "waits for",
            Via::About => "is raised about",
            Via::Holds => "holds",
            Via::PartOf => "is part of",
        }
    }

    /// What is needed in this way needs nothing further.
    pub const fn is_end(self) -> bool {
        matches!(self, Via::Reads | Via::ActsAs | Via::PullsFrom | Via::RunsOn)
    }

    /// Concluded from text such as an address, not from a field that means it.
    pub const fn is_inferred(self) -> bool {
        matches!(self, Via::Calls)
    }
}

/// One object needed by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub via: Via,
    pub to: ObjectRef,
}

/// Collects the edges of one object, each once.
pub(crate) struct Edges<'e> {
    list: Vec<Edge>,
    /// As [`Graph`]'s.
    ends: Option<&'e BTreeSet<KindName>>,
}

impl Edges<'_> {
    fn put(&mut self, via: Via, to: ObjectRef) {
        if !self.list.iter().any(|edge| edge.via == via && edge.to == to) {
            self.list.push(Edge { via, to });
        }
    }

    /// Where [`Via::is_end`]: the object is named only where its kind is asked for.
    fn put_end(&mut self, via: Via, kind: &str, to: impl FnOnce() -> ObjectRef) {
        if self.ends.is_none_or(|kinds| kinds.contains(kind)) {
            self.put(via, to());
        }
    }
}

/// Things that are no objects of the API, but that objects have in common.
pub mod outside {
    use std::sync::LazyLock;

    use crate::model::ObjectRef;
    use crate::model::kind_name::KindName;
    use crate::name::Name;

    pub const REGISTRY: &str = "Registry";
    pub const ZONE: &str = "Zone";
    pub const HOST: &str = "Host";

    static KINDS: LazyLock<[KindName; 3]> = LazyLock::new(|| [REGISTRY, ZONE, HOST].map(KindName::from));

    /// One of the above by name.
    pub fn named(kind: &str, name: &str) -> ObjectRef {
        let known = KINDS.iter().find(|known| known.as_str() == kind).cloned();
        let kind = known.unwrap_or_else(|| KindName::from(kind));
        ObjectRef { kind, namespace: Name::empty(), name: Name::from(name) }
    }
}

/// The edges asked for so far. `'v` is one assessment.
pub struct Graph<'v, 'a> {
    view: &'v View<'a>,
    /// Kinds at which edges that lead no further may end; nothing for all.
    ends: Option<BTreeSet<KindName>>,
    known: QuickMap<ObjectRef, Rc<[Edge]>>,
}

impl<'v, 'a> Graph<'v, 'a> {
    pub fn new(view: &'v View<'a>) -> Self {
        Self { view, ends: None, known: QuickMap::default() }
    }

    /// Leaves out edges that lead no further, but for those to objects of these kinds: every pod has half a dozen, and
    /// mostly nothing was found at their ends.
    pub fn to_ends(view: &'v View<'a>, kinds: BTreeSet<KindName>) -> Self {
        Self { view, ends: Some(kinds), known: QuickMap::default() }
    }

    /// What the object needs, in the order of its fields. Nothing for what the model does not hold.
    pub fn needs(&mut self, object: &ObjectRef) -> Rc<[Edge]> {
        if let Some(edges) = self.known.get(object) {
            return edges.clone();
        }
        let mut edges = Edges { list: Vec::new(), ends: self.ends.as_ref() };
        collect(self.view, object, &mut edges);
        let edges: Rc<[Edge]> = edges.list.into();
        self.known.insert(object.clone(), edges.clone());
        edges
    }
}

/// What one object needs, for somebody who looks at it.
pub fn needs(cluster: &Cluster, now: Time, object: &ObjectRef) -> Vec<Edge> {
    Graph::new(&View::new(cluster, now)).needs(object).to_vec()
}

fn collect(view: &View, object: &ObjectRef, edges: &mut Edges) {
    match object.known_kind() {
        Some(Kind::Pod) => pod::edges(view, object, edges),
        Some(
            Kind::Deployment
            | Kind::DeploymentConfig
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicaSet
            | Kind::Job
            | Kind::CronJob,
        ) => workload::edges(view, object, edges),
        Some(Kind::Service) => service::edges(view, object, edges),
        Some(Kind::Route) => route::edges(view, object, edges),
        Some(Kind::Ingress) => ingress::edges(view, object, edges),
        Some(Kind::HTTPRoute) => http_route::edges(view, object, edges),
        Some(Kind::HorizontalPodAutoscaler) => autoscaler::edges(view, object, edges),
        Some(Kind::PodDisruptionBudget) => budget::edges(view, object, edges),
        Some(Kind::PersistentVolumeClaim) => claim::edges(view, object, edges),
        Some(Kind::PersistentVolume) => claim::volume_edges(view, object, edges),
        Some(Kind::Node) => {
            machine::node_edges(view, object, edges);
            rollout::node_edges(view, object, edges);
        }
        Some(Kind::MachineConfigPool) => rollout::pool_edges(view, object, edges),
        Some(Kind::ClusterVersion) => rollout::version_edges(view, object, edges),
        Some(Kind::ClusterServiceVersion) => operator_version::edges(view, object, edges),
        Some(Kind::MachineSet) => machine::set_edges(view, object, edges),
        Some(Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration) => {
            webhook::admission_edges(view, object, edges);
        }
        Some(Kind::CustomResourceDefinition) => webhook::conversion_edges(view, object, edges),
        Some(Kind::APIService) => api_service::edges(view, object, edges),
        Some(Kind::ClusterOperator) => operator::edges(view, object, edges),
        Some(Kind::IngressController) => ingress_controller::edges(view, object, edges),
        Some(Kind::Namespace) => namespace::edges(view, object, edges),
        Some(Kind::Alert) => alert::edges(view, object, edges),
        _ => {}
    }
}

/// A cluster-scoped object.
pub(crate) fn global(kind: Kind, name: &Name) -> ObjectRef {
    ObjectRef::new(kind, &Name::empty(), name)
}

#[cfg(test)]
mod tests;
