//! What answers behind a Service: endpoints, pods, and the workloads that make them.

use crate::model::condition::Status;
use crate::model::endpoint_slice::EndpointSlice;
use crate::model::labels::Labels;
use crate::model::pod::{Phase, Pod};
use crate::model::service::{Exposure, Service};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::ordered::Ordered;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

/// A Service and the slices of its endpoints.
#[derive(Debug)]
pub struct Backing<'a> {
    pub service: &'a Service,
    pub slices: Vec<&'a EndpointSlice>,
}

impl Backing<'_> {
    pub fn is_ready(&self) -> bool {
        self.slices.iter().any(|slice| slice.ready > 0)
    }
}

/// Services by namespace and name, and whether something behind them is ready.
#[derive(Debug, Default)]
pub(crate) struct Backings<'a> {
    answering: Vec<Backing<'a>>,
    unserved: Vec<&'a Service>,
}

/// Who notices when a Service does not answer, the one that matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Part of the API is served by it.
    Api,
    Route,
    Ingress,
    LoadBalancer,
}

impl User {
    pub fn as_str(self) -> &'static str {
        match self {
            User::Api => "an APIService",
            User::Route => "a Route",
            User::Ingress => "an Ingress",
            User::LoadBalancer => "a load balancer",
        }
    }
}

impl<'a> View<'a> {
    fn backings(&self) -> &Backings<'a> {
        self.backings.get_or_init(|| {
            let mut backings = Backings::default();
            let mut slices = Slices::default();
            for service in self.cluster.services.iter().filter(|it| it.exposure != Exposure::ExternalName) {
                let namespace = &service.meta.namespace;
                if *slices.namespace != **namespace {
                    slices = Slices::of(self, namespace);
                }
                let backing = Backing { service, slices: slices.take(&service.meta.name) };
                if backing.is_ready() {
                    backings.answering.push(backing);
                } else if self.seen_in(Kind::EndpointSlice, namespace) {
                    backings.unserved.push(service);
                }
            }
            backings
        })
    }

    /// Services of which some endpoint is ready, in order.
    pub fn answering(&self) -> &[Backing<'a>] {
        &self.backings().answering
    }

    /// Services of which it is known that nothing behind them is ready, in order.
    pub fn unserved(&self) -> &[&'a Service] {
        &self.backings().unserved
    }

    pub fn is_unserved(&self, service: &Service) -> bool {
        let (namespace, name) = (&service.meta.namespace, &service.meta.name);
        let order = |one: &&Service| one.meta.namespace.cmp(namespace).then_with(|| one.meta.name.cmp(name));
        self.unserved().binary_search_by(order).is_ok()
    }

    /// Pods the Service selects, those left out that are done. Looks at every pod of the namespace: for Services in
    /// trouble only.
    pub fn pods_behind(&self, service: &Service) -> Vec<&'a Pod> {
        let Some(selector) = &service.selector else { return Vec::new() };
        let pods = self.cluster.pods.in_namespace(&service.meta.namespace);
        pods.filter(|pod| !matches!(pod.phase, Phase::Succeeded | Phase::Failed) && selector.matches(&pod.meta.labels))
            .collect()
    }

    /// Workloads of the namespace whose pods the Service would select, whether there are any pods or not.
    pub fn workloads_behind(&self, service: &Service) -> Vec<ObjectRef> {
        let Some(selector) = &service.selector else { return Vec::new() };
        self.templates(&service.meta.namespace)
            .filter(|(_, labels)| selector.matches(labels))
            .map(|(workload, _)| workload)
            .collect()
    }

    /// Workloads of a namespace with the labels of the pods they make.
    pub fn templates(&self, namespace: &str) -> impl Iterator<Item = (ObjectRef, &'a Labels)> {
        let cluster = self.cluster;
        let deployments = cluster.deployments.in_namespace(namespace).map(|it| (it.reference(), &it.template_labels));
        let stateful_sets =
            cluster.stateful_sets.in_namespace(namespace).map(|it| (it.reference(), &it.template_labels));
        let daemon_sets = cluster.daemon_sets.in_namespace(namespace).map(|it| (it.reference(), &it.template_labels));
        deployments.chain(stateful_sets).chain(daemon_sets)
    }

    /// All of these workloads want no pods.
    pub fn are_scaled_to_zero(&self, workloads: &[ObjectRef]) -> bool {
        let wants_none = |workload| self.availability(workload).is_some_and(|availability| availability.desired == 0);
        !workloads.is_empty() && workloads.iter().all(wants_none)
    }

    /// What would explain that a Service does not answer: its workloads, and the nodes its pods are stranded on.
    pub fn causes_behind(&self, service: &Service, pods: &[&Pod]) -> Vec<ObjectRef> {
        let mut causes = self.workloads_behind(service);
        causes.extend(pods.iter().map(|pod| self.workload(pod)));
        causes.extend(self.dead_nodes(pods));
        causes
    }

    /// The nodes of these pods that are known not to be ready.
    pub fn dead_nodes(&self, pods: &[&Pod]) -> Vec<ObjectRef> {
        let mut nodes: Vec<ObjectRef> = pods
            .iter()
            .filter_map(|pod| self.node(&pod.node).filter(|node| !node.is_ready()))
            .map(Resource::reference)
            .collect();
        nodes.put_in_order();
        nodes.dedup();
        nodes
    }

    pub fn user_of(&self, service: &Service) -> Option<User> {
        let (namespace, name) = (&service.meta.namespace, &service.meta.name);
        let is_it = |(of, named): &(_, _)| of == namespace && named == name;
        if self.cluster.api_services.iter().any(|api| api.service.as_ref().is_some_and(is_it)) {
            Some(User::Api)
        } else if self.cluster.routes.in_namespace(namespace).any(|route| route.services.contains(name)) {
            Some(User::Route)
        } else if self.is_behind_ingress(service) {
            Some(User::Ingress)
        } else {
            (service.exposure == Exposure::LoadBalancer).then_some(User::LoadBalancer)
        }
    }

    fn is_behind_ingress(&self, service: &Service) -> bool {
        let mut ingresses = self.cluster.ingresses.in_namespace(&service.meta.namespace);
        ingresses.any(|ingress| ingress.backends.iter().any(|backend| backend.service == service.meta.name))
    }

    /// Services without a ready endpoint that the pod's environment or arguments name: what it probably waits for. A name with a
    /// second label is taken for `service.namespace`.
    pub fn unserved_needs(&self, pod: &Pod) -> Vec<&'a Service> {
        let hosts = pod.template.names();
        let services = hosts.filter_map(|host| self.service_meant(pod, host));
        services.filter(|service| self.is_unserved(service)).collect()
    }

    /// The Service that a host name in the pod's environment means.
    pub fn service_meant(&self, pod: &Pod, host: &str) -> Option<&'a Service> {
        let mut labels = host.split('.');
        let name = labels.next()?;
        self.cluster.services.get(labels.next().unwrap_or(&pod.meta.namespace), name)
    }

    /// The Services that the pod's environment must mean and that do not exist: a single word, in the pod's namespace, or
    /// a name that ends in `.svc`. A word that is the pod's own, or a computer's for itself, means no Service.
    pub fn unknown_needs(&self, pod: &Pod) -> Vec<ObjectRef> {
        let needs = pod.template.hosts.iter().filter_map(|host| {
            let labels: Vec<&str> = host.split('.').collect();
            let (name, namespace) = match labels.as_slice() {
                [name] => (*name, &*pod.meta.namespace),
                [name, namespace, "svc", ..] => (*name, *namespace),
                _ => return None,
            };
            let own = matches!(name, "localhost" | "kubernetes") || pod.meta.name.starts_with(name);
            (!own && self.is_absent(Kind::Service, namespace, name))
                .then(|| ObjectRef::new(Kind::Service, &Name::from(namespace), &Name::from(name)))
        });
        needs.collect()
    }

    /// Services the pod's environment names that do not answer, or do not exist.
    pub fn dead_needs(&self, pod: &Pod) -> Vec<ObjectRef> {
        let mut needs: Vec<ObjectRef> = self.unserved_needs(pod).into_iter().map(Resource::reference).collect();
        needs.extend(self.unknown_needs(pod));
        needs
    }

    /// When the last of these pods stopped being ready. Without any pod, when the first workload that would make them
    /// said that none is available.
    pub fn unserved_since(&self, pods: &[&Pod], workloads: &[ObjectRef]) -> Option<Time> {
        if !pods.is_empty() {
            // A pod that was never scheduled has no such condition yet.
            let unready =
                |pod: &&Pod| pod.failing_condition("Ready").and_then(|ready| ready.since).or(pod.meta.created);
            return pods.iter().filter_map(unready).max();
        }
        let deployments = workloads.iter().filter(|workload| workload.known_kind() == Some(Kind::Deployment));
        let mut deployments = deployments.filter_map(|it| self.cluster.deployments.get(&it.namespace, &it.name));
        deployments.find_map(|deployment| deployment.conditions.having("Available", Status::False)?.since)
    }

    /// It has been so for longer than a restart takes.
    pub fn is_long_unserved(&self, pods: &[&Pod], workloads: &[ObjectRef]) -> bool {
        self.held(self.unserved_since(pods, workloads), thresholds::SERVICE_HOLD)
            || pods.iter().any(|pod| is_crashing(pod))
    }
}

/// The slices of one namespace by Service, handed out in the order of the Services' names. Going along both lists is
/// several times faster than a map of all Services.
#[derive(Default)]
struct Slices<'a> {
    namespace: &'a str,
    sorted: Vec<&'a EndpointSlice>,
    next: usize,
}

impl<'a> Slices<'a> {
    fn of(view: &View<'a>, namespace: &'a str) -> Self {
        let slices = view.cluster.endpoint_slices.in_namespace(namespace);
        let mut sorted: Vec<&EndpointSlice> = slices.filter(|slice| !slice.service.is_empty()).collect();
        sorted.put_in_order_by(|a, b| a.service.cmp(&b.service));
        Self { namespace, sorted, next: 0 }
    }

    fn take(&mut self, service: &Name) -> Vec<&'a EndpointSlice> {
        let rest = self.sorted.get(self.next..).unwrap_or_default();
        let start = rest.iter().take_while(|slice| slice.service < *service).count();
        let own = rest.iter().skip(start).take_while(|slice| slice.service == *service).copied();
        let own: Vec<_> = own.collect();
        self.next += start + own.len();
        own
    }
}

/// A container that crashes again and again may be ready for a moment each time; that does not start the clock anew.
fn is_crashing(pod: &Pod) -> bool {
    pod.containers.iter().any(|status| status.waiting().is_some_and(|waiting| waiting.reason == "CrashLoopBackOff"))
}

#[cfg(test)]
mod tests {
    use crate::model::Resource;
    use crate::testing::{cluster, now};
    use crate::view::View;

    #[test]
    fn workloads_are_found_by_the_pods_they_would_make() {
        let cluster = cluster(
            "
            kind: Service
            metadata: {name: web, namespace: shop}
            spec: {selector: {app: web}}
            ---
            kind: Deployment
            metadata: {name: frontend, namespace: shop, labels: {app: other}}
            spec: {replicas: 0, template: {metadata: {labels: {app: web, tier: front}}}}
            ---
            kind: StatefulSet
            metadata: {name: db, namespace: shop, labels: {app: web}}
            spec: {template: {metadata: {labels: {app: db}}}}
            ---
            kind: Deployment
            metadata: {name: web, namespace: elsewhere}
            spec: {template: {metadata: {labels: {app: web}}}}",
        );
        let view = View::new(&cluster, now());
        let service = cluster.services.get("shop", "web").unwrap();
        let behind = view.workloads_behind(service);
        assert_eq!(behind, [cluster.deployments.get("shop", "frontend").unwrap().reference()]);
        assert!(view.are_scaled_to_zero(&behind) && !view.are_scaled_to_zero(&[]));
        assert!(view.is_unserved(service) && view.pods_behind(service).is_empty());
    }
}
