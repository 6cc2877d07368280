//! Which NetworkPolicies block a path that is in use. Only single paths are worked out, and what cannot be told (ranges
//! of addresses, namespaces that were not seen, ports by a name nobody declares) counts as open: a policy that is
//! wrongly accused helps nobody.

use crate::model::network_policy::{NetworkPolicy, Peer, Port, Rule};
use crate::model::pod::Pod;
use crate::model::service::Service;
use crate::model::wire::IntOrString;
use crate::model::{Kind, ObjectRef, Resource};
use crate::selector::Selector;
use crate::view::View;

/// Where traffic comes from.
#[derive(Clone, Copy, Debug)]
pub enum From<'s> {
    /// The platform's routers, which may use their nodes' own network.
    Routers,
    Pod(&'s Pod),
}

/// Namespaces that router traffic may seem to come from.
const ROUTER_NAMESPACES: [&str; 3] = ["openshift-ingress", "openshift-host-network", "default"];

/// Namespaces that answer for cluster DNS.
const DNS_NAMESPACES: [&str; 2] = ["openshift-dns", "kube-system"];

/// What DNS is asked on; the second is what OpenShift's pods listen on.
const DNS_PORTS: [i64; 2] = [53, 5353];

/// Why a pod does not reach a Service that its environment names.
#[derive(Debug)]
pub struct Blocked<'a> {
    pub policy: &'a NetworkPolicy,
    pub service: &'a Service,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The Service's pods do not let it in.
    In,
    /// The pod may not send there.
    Out,
    /// The pod may not ask for the Service's address.
    Dns,
}

impl How {
    pub fn words(self) -> &'static str {
        match self {
            How::In => "lets nothing of it in",
            How::Out => "lets nothing of it out",
            How::Dns => "lets it ask no DNS server for the Service's address",
        }
    }
}

impl<'a> View<'a> {
    /// The policy that keeps this traffic from a Service's pod; nothing when the way is open.
    pub fn refuses_entry(&self, service: &Service, target: &Pod, from: From) -> Option<&'a NetworkPolicy> {
        let ports: Vec<&IntOrString> = service.ports.iter().map(|port| &port.target).collect();
        let policies = self.cluster.network_policies.in_namespace(&target.meta.namespace);
        let isolating = policies.filter(|policy| policy.ingress.is_some() && policy.pods.matches(&target.meta.labels));
        let opens = |policy: &NetworkPolicy, rule: &Rule| {
            has_port(rule, target, &ports) && admits(rule, |peer| self.is_from(peer, policy, from))
        };
        strictest(isolating, |policy| policy.ingress.as_deref(), opens)
    }

    /// What keeps a pod from Services that its environment names, and that would answer.
    pub fn blocked_needs(&self, pod: &Pod) -> Vec<Blocked<'a>> {
        if self.cluster.network_policies.is_empty() || pod.template.names().next().is_none() {
            return Vec::new();
        }
        let hosts = pod.template.names();
        let blocked = hosts.filter_map(|host| {
            let mut labels = host.split('.');
            let name = labels.next()?;
            let service = self.cluster.services.get(labels.next().unwrap_or(&pod.meta.namespace), name)?;
            let target = self.ready_pod_behind(service)?;
            let refused = self.refuses_entry(service, target, From::Pod(pod)).map(|policy| (policy, How::In));
            let (policy, how) = refused.or_else(|| self.refuses_exit(pod, service, target))?;
            Some(Blocked { policy, service, how })
        });
        blocked.collect()
    }

    /// The policies behind [`Self::blocked_needs`] of any of these pods.
    pub fn policies_against(&self, pods: &[&Pod]) -> Vec<ObjectRef> {
        // The pods of a workload name the same Services.
        pods.first().map_or_else(Vec::new, |pod| {
            self.blocked_needs(pod).iter().map(|blocked| blocked.policy.reference()).collect()
        })
    }

    fn refuses_exit(&self, pod: &Pod, service: &Service, target: &Pod) -> Option<(&'a NetworkPolicy, How)> {
        let isolating = || {
            let policies = self.cluster.network_policies.in_namespace(&pod.meta.namespace);
            policies.filter(|policy| policy.egress.is_some() && policy.pods.matches(&pod.meta.labels))
        };
        let ports: Vec<&IntOrString> = service.ports.iter().map(|port| &port.target).collect();
        let reaches = |policy: &NetworkPolicy, rule: &Rule| {
            has_port(rule, target, &ports) && admits(rule, |peer| self.is_from(peer, policy, From::Pod(target)))
        };
        let resolves = |_: &NetworkPolicy, rule: &Rule| {
            let is_dns = |port: &Port| port.port.as_ref().is_none_or(is_dns_port) || port.end.is_some();
            let has_port = rule.ports.is_empty() || rule.ports.iter().any(is_dns);
            has_port && admits(rule, |peer| peer.is_range || self.is_any_of(peer.namespaces.as_ref(), &DNS_NAMESPACES))
        };
        let out = strictest(isolating(), |policy| policy.egress.as_deref(), reaches).map(|policy| (policy, How::Out));
        out.or_else(|| {
            strictest(isolating(), |policy| policy.egress.as_deref(), resolves).map(|policy| (policy, How::Dns))
        })
    }

    /// One of the ready pods behind a Service.
    pub fn ready_pod_behind(&self, service: &Service) -> Option<&'a Pod> {
        let (namespace, name) = (&service.meta.namespace, &service.meta.name);
        let answering = self.answering();
        let at = answering.binary_search_by(|one| {
            one.service.meta.namespace.cmp(namespace).then_with(|| one.service.meta.name.cmp(name))
        });
        let slices = &answering.get(at.ok()?)?.slices;
        let pod = slices.iter().map(|slice| &slice.ready_pod).find(|pod| !pod.is_empty())?;
        self.cluster.pods.get(namespace, pod)
    }

    fn is_from(&self, peer: &Peer, policy: &NetworkPolicy, from: From) -> bool {
        if peer.is_range {
            return true;
        }
        match from {
            From::Pod(pod) => {
                let namespace = match &peer.namespaces {
                    None => pod.meta.namespace == policy.meta.namespace,
                    Some(selector) => self.selects_namespace(selector, &pod.meta.namespace),
                };
                namespace && peer.pods.as_ref().is_none_or(|pods| pods.matches(&pod.meta.labels))
            }
            // Which pods the routers are, and whether their nodes' network hides them, is not known for sure.
            From::Routers if self.is_openshift() => match &peer.namespaces {
                None => ROUTER_NAMESPACES.contains(&&*policy.meta.namespace),
                selector => self.is_any_of(selector.as_ref(), &ROUTER_NAMESPACES),
            },
            From::Routers => peer.namespaces.is_some(),
        }
    }

    fn is_any_of(&self, selector: Option<&Selector>, namespaces: &[&str]) -> bool {
        selector.is_some_and(|selector| {
            let mut seen = namespaces.iter().filter(|it| self.cluster.namespaces.get("", it).is_some()).peekable();
            seen.peek().is_none() || seen.any(|namespace| self.selects_namespace(selector, namespace))
        })
    }

    /// One that was not seen may have any labels.
    fn selects_namespace(&self, selector: &Selector, namespace: &str) -> bool {
        let namespace = self.cluster.namespaces.get("", namespace);
        namespace.is_none_or(|namespace| selector.matches(&namespace.meta.labels))
    }

    /// Whether policies were seen where they would count.
    pub fn sees_policies(&self, namespace: &str) -> bool {
        self.seen_in(Kind::NetworkPolicy, namespace)
    }
}

/// Of policies that isolate a pod and none of which opens the way, the one with the fewest rules.
fn strictest<'a>(
    isolating: impl Iterator<Item = &'a NetworkPolicy>,
    rules: impl Fn(&'a NetworkPolicy) -> Option<&'a [Rule]>,
    opens: impl Fn(&NetworkPolicy, &Rule) -> bool,
) -> Option<&'a NetworkPolicy> {
    let mut strictest: Option<(&NetworkPolicy, usize)> = None;
    for policy in isolating {
        let rules = rules(policy).unwrap_or_default();
        if rules.iter().any(|rule| opens(policy, rule)) {
            return None;
        }
        if strictest.is_none_or(|(_, fewest)| rules.len() < fewest) {
            strictest = Some((policy, rules.len()));
        }
    }
    strictest.map(|(policy, _)| policy)
}

fn admits(rule: &Rule, is_from: impl Fn(&Peer) -> bool) -> bool {
    rule.peers.is_empty() || rule.peers.iter().any(is_from)
}

/// The rule opens one of the ports a Service sends to.
fn has_port(rule: &Rule, pod: &Pod, targets: &[&IntOrString]) -> bool {
    let opens = |port: &Port| {
        let Some(wanted) = &port.port else { return true };
        targets.is_empty()
            || targets.iter().any(|target| match (number(wanted, pod), number(target, pod)) {
                (Some(from), Some(target)) => (from..=port.end.unwrap_or(from)).contains(&target),
                _ => true,
            })
    };
    rule.ports.is_empty() || rule.ports.iter().any(opens)
}

fn number(port: &IntOrString, pod: &Pod) -> Option<i64> {
    match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => {
            let ports = pod.template.containers.iter().flat_map(|container| &container.ports);
            ports.into_iter().find(|port| *port.name == **name).map(|port| i64::from(port.number))
        }
    }
}

fn is_dns_port(port: &IntOrString) -> bool {
    match port {
        IntOrString::Int(number) => DNS_PORTS.contains(number),
        IntOrString::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{From, How};
    use crate::testing::{cluster, now};
    use crate::view::View;

    fn scene(policy: &str) -> String {
        format!(
            "
        kind: Namespace
        metadata: {{name: openshift-ingress, labels: {{policy-group.network.openshift.io/ingress: ''}}}}
        ---
        kind: Namespace
        metadata: {{name: shop, labels: {{team: a}}}}
        ---
        kind: ClusterVersion
        metadata: {{name: version}}
        ---
        kind: Service
        metadata: {{name: db, namespace: shop}}
        spec: {{selector: {{app: db}}, ports: [{{port: 5432, targetPort: sql}}]}}
        ---
        kind: EndpointSlice
        metadata: {{name: db-1, namespace: shop, labels: {{kubernetes.io/service-name: db}}}}
        endpoints: [{{conditions: {{ready: true}}, targetRef: {{kind: Pod, name: db-0}}}}]
        ---
        kind: Pod
        metadata: {{name: db-0, namespace: shop, labels: {{app: db}}}}
        spec: {{containers: [{{name: db, ports: [{{name: sql, containerPort: 5432}}]}}]}}
        ---
        kind: Pod
        metadata: {{name: web-0, namespace: shop, labels: {{app: web}}}}
        spec: {{containers: [{{name: web, env: [{{name: DB_HOST, value: db}}]}}]}}
        ---
        kind: NetworkPolicy
        metadata: {{name: p, namespace: shop}}
        spec: {policy}"
        )
    }

    fn how(policy: &str) -> Option<How> {
        let cluster = cluster(&scene(policy));
        let view = View::new(&cluster, now());
        view.blocked_needs(cluster.pods.get("shop", "web-0").unwrap()).first().map(|blocked| blocked.how)
    }

    fn lets_routers_in(policy: &str) -> bool {
        let cluster = cluster(&scene(policy));
        let view = View::new(&cluster, now());
        let (service, pod) = (cluster.services.get("shop", "db").unwrap(), cluster.pods.get("shop", "db-0").unwrap());
        view.refuses_entry(service, pod, From::Routers).is_none()
    }

    #[test]
    fn paths_between_pods() {
        for (policy, expected) in [
            ("{podSelector: {}}", Some(How::In)),
            ("{podSelector: {matchLabels: {app: other}}}", None),
            ("{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}", None),
            (
                "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}",
                Some(How::In),
            ),
            ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}", None),
            ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}]}]}", Some(How::In)),
            ("{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}", Some(How::In)),
            ("{podSelector: {}, ingress: [{ports: [{port: 5000, endPort: 6000}]}]}", None),
            ("{podSelector: {}, ingress: [{ports: [{port: sql}]}]}", None),
            ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}", None),
            ("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}", Some(How::Out)),
            (
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}",
                Some(How::Dns),
            ),
            (
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}, {ports: [{port: 53, protocol: UDP}]}]}",
                None,
            ),
            ("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}", None),
        ] {
            assert_eq!(how(policy), expected, "{policy}");
        }
    }

    #[test]
    fn paths_from_routers() {
        for (policy, open) in [
            ("{podSelector: {}}", false),
            ("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", false),
            ("{podSelector: {}, ingress: [{}]}", true),
            (
                "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {policy-group.network.openshift.io/ingress: ''}}}]}]}",
                true,
            ),
            ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}", false),
            ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", true),
            ("{podSelector: {}, policyTypes: [Egress]}", true),
        ] {
            assert_eq!(lets_routers_in(policy), open, "{policy}");
        }
    }
}
