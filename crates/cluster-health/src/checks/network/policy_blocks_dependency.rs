//! NetworkPolicies that keep a failing workload from a Service it needs.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding};
use crate::model::network_policy::NetworkPolicy;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble};
use crate::policies::Blocked;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-policy-blocks-dependency",
    title: "A network policy keeps a failing workload from what it needs",
    explain: "Looks at pods that crash, restart, hang in an init container or are not ready, at the Services their \
              environment names, and at the NetworkPolicies on the way: when the Service answers, but policies let the pod \
              not in, not out, or not ask DNS, that is a likely cause. The usual reasons are a policy that denies \
              everything and was added later, a rule for labels that have changed, and a rule about what goes out that \
              forgets DNS. It is inferred from labels, ports and environment; ranges of addresses count as open. A \
              blocked Service whose users are well does not count: they may not use it.",
    layer: Layer::Network,
    needs: &[Kind::NetworkPolicy, Kind::Service, Kind::EndpointSlice, Kind::Pod],
    uses: &[Kind::Namespace],
    reference: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    run,
};

const TROUBLES: [PodTrouble; 4] =
    [PodTrouble::CrashLoop, PodTrouble::Restarting, PodTrouble::Init, PodTrouble::NotReady];

fn run(view: &View, out: &mut Vec<Finding>) {
    if view.cluster.network_policies.is_empty() {
        return;
    }
    let mut by_policy: BTreeMap<ObjectRef, Vec<(&ObjectRef, Blocked)>> = BTreeMap::new();
    for (workload, pods) in TROUBLES.into_iter().flat_map(|trouble| view.troubled(trouble)) {
        for blocked in pods.first().map(|pod| view.blocked_needs(pod)).unwrap_or_default() {
            by_policy.entry(blocked.policy.reference()).or_default().push((workload, blocked));
        }
    }
    out.extend(by_policy.values().filter_map(|victims| finding(view, victims.first()?.1.policy, victims)));
}

fn finding(view: &View, policy: &NetworkPolicy, victims: &[(&ObjectRef, Blocked)]) -> Option<Finding> {
    let (cli, namespace) = (view.cli(), &policy.meta.namespace);
    let severity = victims.iter().map(|(workload, _)| pod_trouble::severity(view, workload)).max()?;
    let title = "probably keeps a failing workload from a Service it needs";
    let mut finding = Finding::new(&CHECK, severity, policy.reference(), title)
        .since(policy.meta.created, "metadata.creationTimestamp")
        .confidence(Confidence::Likely)
        .affects(victims.iter().map(|(workload, _)| (*workload).clone()))
        .look(format!("{cli} describe networkpolicy -n {namespace}"), "shows who every policy lets in and out, and where");
    for (workload, blocked) in victims.iter().take(crate::finding::AFFECTED_SHOWN) {
        let path = format!("{workload} to {}", blocked.service.reference());
        finding = finding.fact(path, format!("the policy {} (inferred)", blocked.how.words()));
    }
    let pods = if policy.pods.is_empty() { "(all pods)".to_owned() } else { policy.pods.to_string() };
    Some(finding.fact("spec.podSelector", pods))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(policy: &str, state: &str) -> String {
        format!(
            "
        kind: Service
        metadata: {{name: db, namespace: shop}}
        spec: {{selector: {{app: db}}, ports: [{{port: 5432}}]}}
        ---
        kind: EndpointSlice
        metadata: {{name: db-1, namespace: shop, labels: {{kubernetes.io/service-name: db}}}}
        endpoints: [{{conditions: {{ready: true}}, targetRef: {{kind: Pod, name: db-0}}}}]
        ---
        kind: Pod
        metadata: {{name: db-0, namespace: shop, labels: {{app: db}}}}
        ---
        kind: StatefulSet
        metadata: {{name: web, namespace: shop}}
        spec: {{replicas: 2}}
        status: {{readyReplicas: 1}}
        ---
        kind: Pod
        metadata: {{name: web-0, namespace: shop, labels: {{app: web}}, ownerReferences: [{{kind: StatefulSet, name: web, controller: true}}]}}
        spec: {{nodeName: w1, containers: [{{name: app, env: [{{name: DB_HOST, value: db}}]}}]}}
        status:
          phase: Running
          conditions: [{{type: Ready, status: 'False', lastTransitionTime: @40m}}]
          containerStatuses: [{{name: app, restartCount: 9, state: {state}}}]
        ---
        kind: NetworkPolicy
        metadata: {{name: deny, namespace: shop, creationTimestamp: @41m}}
        spec: {policy}"
        )
    }

    const CRASHING: &str = "{waiting: {reason: CrashLoopBackOff}}";

    #[test]
    fn a_policy_between_a_crashing_pod_and_its_service() {
        let found = fires(&CHECK, &scene("{podSelector: {}}", CRASHING), &[
            "warning NetworkPolicy shop/deny: probably keeps a failing workload from a Service it needs (since 41m)",
        ]);
        assert_eq!(found[0].facts[0].path, "StatefulSet shop/web to Service shop/db");
    }

    #[test]
    fn it_explains_the_crash() {
        let cluster = crate::testing::cluster(&scene("{podSelector: {}}", CRASHING));
        let report = crate::report::assess(&cluster, crate::testing::now());
        let crash = report.findings.iter().find(|finding| finding.check == "pod-crash-loop").unwrap();
        assert_eq!(crash.explained_by.as_deref(), Some("network-policy-blocks-dependency/NetworkPolicy/shop/deny"));
    }

    #[test]
    fn open_ways_and_pods_that_are_well_are_silent() {
        silent(&CHECK, &scene("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", CRASHING));
        silent(&CHECK, &scene("{podSelector: {}}", "{running: {startedAt: @2d}}").replace("'False', lastTransitionTime: @40m", "'True'"));
        silent(&CHECK, &scene("{podSelector: {}}", CRASHING).replace("value: db", "value: db.example.com"));
    }
}
