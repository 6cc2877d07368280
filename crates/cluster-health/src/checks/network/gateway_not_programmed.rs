//! Gateways that take no traffic.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::condition::Status;
use crate::model::gateway::Gateway;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-gateway-not-programmed",
    title: "A Gateway takes no traffic",
    explain: "Looks at Gateways of the Gateway API whose controller has not accepted them, or accepted and not brought \
              them into force, for five minutes. No host of any route attached to such a Gateway is served. The usual \
              causes are a listener whose certificate cannot be read or whose port is taken, an address that cannot be \
              given, and a proxy behind it that does not run. A Gateway nobody looks after says so in an unknown status \
              and counts as well once it is old enough.",
    layer: Layer::Network,
    needs: &[Kind::Gateway],
    uses: &[Kind::Service, Kind::Deployment],
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#gateway",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for gateway in view.cluster.gateways.iter() {
        for (kind, title) in [
            ("Accepted", "no controller has accepted it"),
            ("Programmed", "it is not in force: its addresses or listeners are not ready"),
        ] {
            let condition = gateway.conditions.get(kind).filter(|condition| condition.status != Status::True);
            if let Some(condition) = condition
                && view.held(condition.since.max(gateway.meta.created), thresholds::INGRESS_HOLD)
            {
                out.push(
                    finding(view, gateway, title)
                        .since(condition.since.max(gateway.meta.created), "status.conditions[*].lastTransitionTime")
                        .condition(condition),
                );
                break;
            }
        }
    }
}

fn finding(view: &View, gateway: &Gateway, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &gateway.meta.name, &gateway.meta.namespace);
    Finding::new(&CHECK, Severity::Warning, gateway.reference(), title)
        .fact("spec.gatewayClassName", shown(&gateway.class))
        .depends_on(view.short_workloads(namespace))
        .look(format!("{cli} describe gateway {name} -n {namespace}"), "shows each listener and what the controller says")
        .look(format!("{cli} get gatewayclasses"), "shows which controllers there are, and whether each was accepted")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn gateway(accepted: &str, programmed: &str, since: &str) -> String {
        format!(
            "
        kind: Gateway
        metadata: {{name: front, namespace: shop, creationTimestamp: @2d}}
        spec: {{gatewayClassName: openshift-default}}
        status:
          conditions:
          - {{type: Accepted, status: '{accepted}', reason: Pending, lastTransitionTime: {since}}}
          - {{type: Programmed, status: '{programmed}', reason: AddressNotAssigned, lastTransitionTime: {since}}}"
        )
    }

    #[test]
    fn one_that_is_not_in_force() {
        fires(&CHECK, &gateway("True", "False", "@10m"), &[
            "warning Gateway shop/front: it is not in force: its addresses or listeners are not ready (since 10m)",
        ]);
        fires(&CHECK, &gateway("Unknown", "Unknown", "@1h"), &[
            "warning Gateway shop/front: no controller has accepted it (since 1h)",
        ]);
    }

    #[test]
    fn one_in_force_and_a_young_one_are_silent() {
        silent(&CHECK, &gateway("True", "True", "@10m"));
        silent(&CHECK, &gateway("True", "False", "@1m"));
    }
}
