//! Paths of the platform's own network test that do not work.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::{Condition, Status};
use crate::model::pod_network_connectivity_check::PodNetworkConnectivityCheck;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-path-unreachable",
    title: "The platform's network test cannot reach an address",
    explain: "Looks at PodNetworkConnectivityChecks, by which OpenShift tries again and again to reach every node, the API \
              servers and Services from one pod. An address that has not been reachable for ten minutes is a sign of a \
              network that is broken between two nodes, of a firewall, or of what should answer being down. One address \
              points to that address, many to the node the test runs on. Addresses that answer again, and checks that \
              have not run yet, do not count.",
    layer: Layer::Network,
    needs: &[Kind::PodNetworkConnectivityCheck],
    uses: &[Kind::Node, Kind::Pod],
    reference: "https://docs.openshift.com/container-platform/latest/networking/verifying-connectivity-endpoint.html",
    run,
};

type Failing<'a> = (&'a PodNetworkConnectivityCheck, &'a Condition);

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_source: BTreeMap<(&Name, &Name), (usize, Vec<Failing>)> = BTreeMap::new();
    for check in view.cluster.pod_network_connectivity_checks.iter() {
        let (tried, failing) = by_source.entry((&check.meta.namespace, &check.source)).or_default();
        *tried += 1;
        let unreachable = check.conditions.having("Reachable", Status::False);
        let unreachable = unreachable.filter(|it| view.held(it.since, thresholds::UNREACHABLE_HOLD));
        failing.extend(unreachable.map(|condition| (check, condition)));
    }
    for ((namespace, source), (tried, failing)) in by_source {
        if !failing.is_empty() {
            out.push(finding(view, namespace, source, tried, &failing));
        }
    }
}

fn finding(view: &View, namespace: &Name, source: &Name, tried: usize, failing: &[Failing]) -> Finding {
    let cli = view.cli();
    let pod = view.cluster.pods.get(namespace, source);
    let down = view.cluster.nodes.iter().filter(|node| !node.is_ready()).map(Resource::reference);
    let own = pod.and_then(|pod| view.node(&pod.node)).map(Resource::reference);
    let targets = failing.iter().map(|(check, _)| shown(&check.target));
    let title = format!("cannot reach {} of {tried} addresses of the platform", failing.len());
    let finding = Finding::new(&CHECK, Severity::Warning, ObjectRef::new(Kind::Pod, namespace, source), title)
        .since(
            failing.iter().filter_map(|(_, condition)| condition.since).min(),
            "status.conditions[Reachable].lastTransitionTime of its checks",
        )
        .fact("spec.targetEndpoint", listed(targets))
        .affects(failing.iter().map(|(check, _)| check.reference()))
        .depends_on(down)
        .depends_on(own);
    let finding = match failing.first() {
        Some((check, condition)) => finding.condition(condition).look(
            format!("{cli} describe podnetworkconnectivitycheck {} -n {namespace}", check.meta.name),
            "shows since when, and how each attempt failed",
        ),
        None => finding,
    };
    finding.look(
        format!("{cli} get podnetworkconnectivitychecks -n {namespace}"),
        "lists every path that is tried",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn path(name: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: PodNetworkConnectivityCheck
        metadata: {{name: {name}, namespace: openshift-network-diagnostics}}
        spec: {{sourcePod: source-1, targetEndpoint: '{name}:8080'}}
        status: {{conditions: [{{type: Reachable, status: '{status}', reason: TCPConnectError, lastTransitionTime: {since}}}]}}
        ---"
        )
    }

    #[test]
    fn addresses_are_counted_by_where_they_were_tried_from() {
        let paths = path("a", "False", "@30m") + &path("b", "False", "@20m") + &path("c", "True", "@2d");
        let found = fires(&CHECK, &paths, &[
            "warning Pod openshift-network-diagnostics/source-1: cannot reach 2 of 3 addresses of the platform (since 30m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("a:8080, b:8080"));
    }

    #[test]
    fn what_answers_and_a_short_outage_are_silent() {
        silent(&CHECK, &path("a", "True", "@30m"));
        silent(&CHECK, &path("a", "False", "@2m"));
    }
}
