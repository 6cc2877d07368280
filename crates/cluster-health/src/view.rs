//! What checks see: the cluster, the time, and what several of them need, worked out once an assessment.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::backends::Backings;
use crate::budgets::Kept;
use crate::cluster::{Cluster, Within};
use crate::coverage::Seen;
use crate::finding::Severity;
use crate::model::event::Event;
use crate::model::meta::Owner;
use crate::model::node::Node;
use crate::model::pod::{Phase, Pod};
use crate::model::replica_set::ReplicaSet;
use crate::model::resource_quota::ResourceQuota;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::ordered::Ordered;
use crate::pod_trouble::{self, PodTrouble, Troubled};
use crate::quick::{self, QuickMap};
use crate::refusals::Refusals;
use crate::thresholds;
use crate::time::Time;
use crate::workloads::Maker;

pub struct View<'a> {
    pub cluster: &'a Cluster,
    pub now: Time,
    /// Pods that do not simply run and are not simply done. Those that ended well long ago are not here.
    pub unsettled: Vec<&'a Pod>,
    /// Settled pods of which a container ended within [`thresholds::RECENT_EXIT`].
    pub recently_restarted: Vec<&'a Pod>,
    updating: bool,
    events: OnceCell<QuickMap<&'a ObjectRef, Vec<&'a Event>>>,
    pods_by_node: OnceCell<QuickMap<&'a str, Vec<&'a Pod>>>,
    troubled: OnceCell<Troubled<'a>>,
    unsettled_workloads: OnceCell<Vec<ObjectRef>>,
    unsettled_by_workload: OnceCell<QuickMap<ObjectRef, Vec<&'a Pod>>>,
    pub(crate) backings: OnceCell<Backings<'a>>,
    pub(crate) kept: OnceCell<Vec<Kept<'a>>>,
    pub(crate) refusals: OnceCell<Refusals<'a>>,
    dead_node_names: OnceCell<BTreeSet<&'a str>>,
    troubled_namespaces: OnceCell<QuickMap<&'a str, BTreeSet<&'a Name>>>,
    pub(crate) makers: OnceCell<Vec<Maker<'a>>>,
    pub(crate) newest_lease: OnceCell<Option<Time>>,
}

/// How many of a workload's pods serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    pub available: u32,
    pub desired: u32,
}

impl Availability {
    /// Something was wanted, and nothing of it is there.
    pub fn is_down(self) -> bool {
        self.desired > 0 && self.available == 0
    }
}

impl<'a> View<'a> {
    pub fn new(cluster: &'a Cluster, now: Time) -> Self {
        let recent = now.minus(thresholds::RECENT_EXIT);
        let unsettled = cluster.standing().unsettled().collect();
        let has_just_restarted = |pod: &&Pod| pod.last_exit.is_some_and(|exit| exit >= recent);
        let recently_restarted = cluster.standing().restarted().filter(has_just_restarted).collect();
        let updating = cluster.cluster_versions.iter().any(|version| version.conditions.is_true("Progressing"));
        Self {
            cluster,
            now,
            unsettled,
            recently_restarted,
            updating,
            events: OnceCell::new(),
            pods_by_node: OnceCell::new(),
            troubled: OnceCell::new(),
            unsettled_workloads: OnceCell::new(),
            unsettled_by_workload: OnceCell::new(),
            backings: OnceCell::new(),
            kept: OnceCell::new(),
            refusals: OnceCell::new(),
            dead_node_names: OnceCell::new(),
            troubled_namespaces: OnceCell::new(),
            makers: OnceCell::new(),
            newest_lease: OnceCell::new(),
        }
    }

    /// OpenShift is being updated: roll-outs and cordons of its own are expected.
    pub fn updating(&self) -> bool {
        self.updating
    }

    pub fn is_openshift(&self) -> bool {
        !self.cluster.cluster_versions.is_empty() || !self.cluster.cluster_operators.is_empty()
    }

    /// The command line tool people have for this cluster.
    pub fn cli(&self) -> &'static str {
        if self.is_openshift() { "oc" } else { "kubectl" }
    }

    /// The same tool for what an administrator does to nodes and certificates.
    pub fn admin_cli(&self) -> &'static str {
        if self.is_openshift() { "oc adm" } else { "kubectl" }
    }

    /// OpenShift has not finished its first installation: much is not there yet.
    pub fn installing(&self) -> bool {
        self.cluster.cluster_versions.iter().any(|it| !it.history.is_empty() && it.installed().is_none())
    }

    /// Whether the objects of a kind can be relied on to be all there, so that a missing one is really missing.
    pub fn all_seen(&self, kind: Kind) -> bool {
        matches!(self.cluster.coverage.of(kind), Seen::Complete | Seen::Stale { complete: true, .. })
    }

    /// As [`Self::all_seen`], for one namespace: an archive may hold all of some namespaces.
    pub fn seen_in(&self, kind: Kind, namespace: &str) -> bool {
        match self.cluster.coverage.of(kind) {
            Seen::Complete => true,
            Seen::Stale { complete, .. } => *complete,
            Seen::InNamespaces(seen) => seen.contains(namespace),
            Seen::Partial { .. } | Seen::NotSeen(_) => false,
        }
    }

    /// The state has lasted at least `hold`. One without a start is taken to have lasted: it is bad now.
    pub fn held(&self, since: Option<Time>, hold: Duration) -> bool {
        since.is_none_or(|since| self.now.since(since) >= hold)
    }

    /// Something happened within the last `window`. What has no time did not.
    pub fn within(&self, at: Option<Time>, window: Duration) -> bool {
        at.is_some_and(|at| self.now.since(at) <= window)
    }

    /// `12m`, or `an unknown time` when the object does not say since when.
    pub fn age(&self, since: Option<Time>) -> String {
        since.map_or_else(|| "an unknown time".to_owned(), |since| crate::time::short(self.now.since(since)))
    }

    /// The Deployment, StatefulSet, DaemonSet, Job, CronJob or other owner a pod belongs to; the pod itself when it has
    /// none or is a static pod.
    pub fn workload(&self, pod: &Pod) -> ObjectRef {
        self.workload_by(pod, &self.cluster.replica_sets.within(&pod.meta.namespace))
    }

    fn workload_by(&self, pod: &Pod, replica_sets: &Within<ReplicaSet>) -> ObjectRef {
        let Some(owner) = pod.meta.owner.as_deref() else { return pod.reference() };
        let namespace = &pod.meta.namespace;
        let above = match &*owner.kind {
            "Node" => return pod.reference(),
            "ReplicaSet" => match replica_sets.get(&owner.name) {
                Some(replica_set) => replica_set.meta.owner.clone(),
                None => return self.unseen_replica_set(pod, owner),
            },
            "Job" => self.cluster.jobs.get(namespace, &owner.name).and_then(|job| job.meta.owner.clone()),
            _ => None,
        };
        let owner = above.as_deref().unwrap_or(owner);
        ObjectRef { kind: owner.kind.clone(), namespace: namespace.clone(), name: owner.name.clone() }
    }

    /// A ReplicaSet that was not seen still says in its name which Deployment made it.
    fn unseen_replica_set(&self, pod: &Pod, owner: &Owner) -> ObjectRef {
        let namespace = &pod.meta.namespace;
        let hash = pod.meta.labels.get("pod-template-hash");
        let deployment = hash.and_then(|hash| owner.name.strip_suffix(&**hash)?.strip_suffix('-'));
        match deployment {
            Some(name) => ObjectRef::new(Kind::Deployment, namespace, &Name::from(name)),
            None => ObjectRef::new(Kind::ReplicaSet, namespace, &owner.name),
        }
    }

    /// Pods by what they belong to, in order.
    pub fn by_workload<'p>(&self, pods: impl IntoIterator<Item = &'p Pod>) -> BTreeMap<ObjectRef, Vec<&'p Pod>> {
        let mut groups: BTreeMap<ObjectRef, Vec<&Pod>> = BTreeMap::new();
        for pod in pods {
            groups.entry(self.workload(pod)).or_default().push(pod);
        }
        groups
    }

    /// Pods with this trouble, by workload; see [`pod_trouble`].
    pub fn troubled(&self, trouble: PodTrouble) -> impl Iterator<Item = (&ObjectRef, &[&'a Pod])> {
        let troubled = self.troubled.get_or_init(|| pod_trouble::troubled(self));
        troubled.get(&trouble).into_iter().flatten().map(|(workload, pods)| (workload, pods.as_slice()))
    }

    /// The unsettled pods and what each belongs to, which several checks ask for.
    pub(crate) fn unsettled_and_workloads(&self) -> impl Iterator<Item = (&'a Pod, &ObjectRef)> {
        let workloads = || {
            let by_namespace = self.unsettled.chunk_by(|a, b| a.meta.namespace == b.meta.namespace);
            let of_one = by_namespace.filter_map(|pods| Some((pods, &pods.first()?.meta.namespace)));
            let workloads = of_one.flat_map(|(pods, namespace)| {
                let replica_sets = self.cluster.replica_sets.within(namespace);
                pods.iter().map(move |pod| self.workload_by(pod, &replica_sets))
            });
            workloads.collect()
        };
        self.unsettled.iter().copied().zip(self.unsettled_workloads.get_or_init(workloads))
    }

    /// Those of a workload's pods that do not simply run.
    pub fn unsettled_of(&self, workload: &ObjectRef) -> &[&'a Pod] {
        let by_workload = self.unsettled_by_workload.get_or_init(|| {
            let mut groups: QuickMap<ObjectRef, Vec<&Pod>> = quick::with_room(self.unsettled.len());
            for (pod, workload) in self.unsettled_and_workloads() {
                groups.entry(workload.clone()).or_default().push(pod);
            }
            groups
        });
        by_workload.get(workload).map_or(&[], Vec::as_slice)
    }

    /// As [`Self::unsettled_of`], without those that ended: a pod evicted last week says nothing of today.
    pub fn unserving_of(&self, workload: &ObjectRef) -> impl Iterator<Item = &'a Pod> {
        self.unsettled_of(workload).iter().copied().filter(|pod| pod.phase != Phase::Failed)
    }

    /// Nothing for kinds that have no notion of it, and for workloads that were not seen.
    pub fn availability(&self, workload: &ObjectRef) -> Option<Availability> {
        let ObjectRef { namespace, name, .. } = workload;
        let (available, desired) = match workload.known_kind()? {
            Kind::Deployment => self.cluster.deployments.get(namespace, name).map(|d| (d.available, d.desired))?,
            Kind::StatefulSet => self.cluster.stateful_sets.get(namespace, name).map(|s| (s.ready, s.desired))?,
            Kind::DaemonSet => self.cluster.daemon_sets.get(namespace, name).map(|d| (d.ready, d.desired))?,
            Kind::ReplicaSet => self.cluster.replica_sets.get(namespace, name).map(|r| (r.available, r.desired))?,
            Kind::DeploymentConfig => {
                self.cluster.deployment_configs.get(namespace, name).map(|d| (d.available, d.desired))?
            }
            Kind::Pod => self.cluster.pods.get(namespace, name).map(|pod| (u32::from(pod.ready), 1))?,
            _ => return None,
        };
        Some(Availability { available, desired })
    }

    /// Trouble of a workload: critical on the platform and when nothing of the workload serves, else a warning.
    pub fn workload_severity(&self, workload: &ObjectRef) -> Severity {
        let down = self.availability(workload).is_some_and(Availability::is_down);
        if down || is_platform(&workload.namespace) { Severity::Critical } else { Severity::Warning }
    }

    /// By role, those that take pods.
    pub fn open_nodes_by_role(&self) -> BTreeMap<&'a str, Vec<&'a Node>> {
        let mut roles: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for node in self.cluster.nodes.iter().filter(|node| node.is_ready() && !node.cordoned) {
            roles.entry(node.main_role()).or_default().push(node);
        }
        roles
    }

    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.cluster.nodes.get("", name)
    }

    /// The node is not ready, and that is more than the restart that an update brings.
    pub fn is_down(&self, node: &Node) -> bool {
        let since = node.conditions.get("Ready").and_then(|ready| ready.since);
        !node.is_ready() && (!node.is_being_updated() || self.held(since, thresholds::NOT_READY_HOLD))
    }

    /// The pod sits on a node that is known not to be ready: its trouble is the node's.
    pub fn on_dead_node(&self, pod: &Pod) -> bool {
        let of_dead = || {
            let dead = self.cluster.nodes.iter().filter(|node| !node.is_ready());
            dead.map(|node| node.meta.name.as_str()).collect()
        };
        let names = self.dead_node_names.get_or_init(of_dead);
        !names.is_empty() && names.contains(pod.node.as_str())
    }

    /// For a namespace with pods that neither simply run nor have ended: those of their nodes that are not ready.
    pub fn dead_nodes_under(&self, namespace: &str) -> Option<&BTreeSet<&'a Name>> {
        let namespaces = self.troubled_namespaces.get_or_init(|| {
            let mut namespaces: QuickMap<&str, BTreeSet<&Name>> = QuickMap::default();
            for pod in self.unsettled.iter().filter(|pod| pod.phase != Phase::Failed) {
                let nodes = namespaces.entry(&pod.meta.namespace).or_default();
                if self.on_dead_node(pod) {
                    nodes.insert(&pod.node);
                }
            }
            namespaces
        });
        namespaces.get(namespace)
    }

    /// Events about an object, newest first.
    pub fn events_about(&self, object: &ObjectRef) -> &[&'a Event] {
        let events = self.events.get_or_init(|| {
            let mut events: QuickMap<_, Vec<&Event>> = QuickMap::default();
            for event in self.cluster.events.iter() {
                events.entry(&event.about).or_default().push(event);
            }
            for about_one in events.values_mut() {
                about_one.put_in_order_by(|a, b| b.last.cmp(&a.last).then_with(|| a.meta.name.cmp(&b.meta.name)));
            }
            events
        });
        events.get(object).map_or(&[], Vec::as_slice)
    }

    /// The newest warning about a pod with one of these reasons.
    pub fn pod_warning(&self, pod: &Pod, reasons: &[&str]) -> Option<&'a Event> {
        self.events_about(&pod.reference())
            .iter()
            .copied()
            .find(|event| event.warning && reasons.contains(&&*event.reason))
    }

    /// Quotas of a namespace of which some limit is reached: they explain why something cannot be created.
    pub fn exhausted_quotas(&self, namespace: &str) -> impl Iterator<Item = &'a ResourceQuota> {
        let quotas = self.cluster.resource_quotas.in_namespace(namespace);
        quotas.filter(|quota| quota.limits.iter().any(|limit| limit.is_reached()))
    }

    /// Pods bound to a node, in order.
    pub fn pods_on(&self, node: &str) -> &[&'a Pod] {
        let by_node = self.pods_by_node.get_or_init(|| {
            let mut by_node: QuickMap<&str, Vec<&Pod>> = QuickMap::default();
            for pod in self.cluster.pods.iter().filter(|pod| !pod.node.is_empty()) {
                by_node.entry(&pod.node).or_default().push(pod);
            }
            by_node
        });
        by_node.get(node).map_or(&[], Vec::as_slice)
    }
}

/// Namespaces of the platform itself, by the prefixes that OpenShift and Kubernetes keep for themselves.
pub fn is_platform(namespace: &str) -> bool {
    namespace.starts_with("openshift-")
        || namespace.starts_with("kube-")
        || matches!(namespace, "openshift" | "default")
}
