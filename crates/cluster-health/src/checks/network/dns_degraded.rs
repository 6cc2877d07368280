//! Cluster DNS that its operator calls unavailable or degraded.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::condition::{Condition, Status};
use crate::model::dns::DNS;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-dns-degraded",
    title: "Cluster DNS is not available or degraded",
    explain: "Looks at what the DNS operator says of cluster DNS: not available for five minutes, or degraded for fifteen. \
              When DNS does not answer, nothing in the cluster finds anything by name, and applications fail with \
              messages about unknown hosts. The usual causes are DNS pods that cannot start or are not ready, nodes that \
              are down, a Service without its address, and upstream servers in its settings that do not answer. Degraded \
              during a short roll-out does not count. Critical when it is not available.",
    layer: Layer::Network,
    needs: &[Kind::DNS],
    uses: &[Kind::DaemonSet, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/networking/dns-operator.html",
    run,
};

const NAMESPACE: &str = "openshift-dns";

fn run(view: &View, out: &mut Vec<Finding>) {
    for dns in view.cluster.dnses.iter() {
        let away = dns.conditions.having("Available", Status::False);
        let away = away.filter(|condition| view.held(condition.since, thresholds::INGRESS_HOLD));
        let degraded = dns.conditions.having("Degraded", Status::True);
        let degraded = degraded.filter(|condition| view.held(condition.since, thresholds::NOT_READY_HOLD));
        match (away, degraded) {
            (Some(condition), _) => out.push(finding(view, dns, condition, Severity::Critical, "cluster DNS is not available")),
            (None, Some(condition)) => out.push(finding(view, dns, condition, Severity::Warning, "cluster DNS is degraded")),
            (None, None) => {}
        }
    }
}

fn finding(view: &View, dns: &DNS, condition: &Condition, severity: Severity, title: impl Into<Text>) -> Finding {
    let set = ObjectRef::new(Kind::DaemonSet, &Name::from(NAMESPACE), &Name::from(format!("dns-{}", dns.meta.name).as_str()));
    Finding::new(&CHECK, severity, dns.reference(), title)
        .since(condition.since, "status.conditions[Available or Degraded].lastTransitionTime")
        .condition(condition)
        .depends_on([set])
        .depends_on(view.causes_in(NAMESPACE))
        .look(format!("oc describe dns.operator {}", dns.meta.name), "shows its settings and every condition")
        .look(format!("oc get pods -n {NAMESPACE} -o wide"), "shows the DNS pods and their nodes")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn dns(condition: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: DNS
        metadata: {{name: default}}
        status: {{conditions: [{{type: {condition}, status: '{status}', reason: Some, lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn not_available_is_critical_and_degraded_a_warning() {
        let found = fires(&CHECK, &dns("Available", "False", "@10m"), &[
            "critical DNS default: cluster DNS is not available (since 10m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "DaemonSet openshift-dns/dns-default");
        fires(&CHECK, &dns("Degraded", "True", "@20m"), &["warning DNS default: cluster DNS is degraded (since 20m)"]);
    }

    #[test]
    fn what_is_well_and_what_just_began_are_silent() {
        silent(&CHECK, &dns("Available", "True", "@10m"));
        silent(&CHECK, &dns("Available", "False", "@1m"));
        silent(&CHECK, &dns("Degraded", "True", "@10m"));
    }
}
