//! Quotas that leave no room.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::resource_quota::{Limit, ResourceQuota};
use crate::model::{Kind, Resource};
use crate::quantity::Quantity;
use crate::refusals::{Cause, Refusal, SINCE};
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "quota-exhausted",
    title: "A resource quota is used up",
    explain: "Looks at the ResourceQuotas of each namespace. One that is used up refuses every further pod or object, so \
              workloads stop growing and roll-outs stop half way, without any pod to look at. It counts as trouble when \
              something in the namespace has been refused for five minutes: a ReplicaSet or Deployment that reports a \
              replica failure, or a StatefulSet, DaemonSet or Job that lacks pods and of which a failed creation was \
              reported. A quota that is merely nine tenths used is worth knowing. Limits of zero forbid something on \
              purpose and count only when they refuse. Critical on the platform.",
    layer: Layer::Admission,
    needs: &[Kind::ResourceQuota],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Event],
    reference: "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for quota in view.cluster.resource_quotas.iter() {
        let tight: Vec<&Limit> = quota.limits.iter().filter(|limit| is_tight(limit)).collect();
        if tight.is_empty() {
            continue;
        }
        let reached = tight.iter().any(|limit| limit.is_reached());
        let refused = if reached { view.refused_in(&quota.meta.namespace) } else { &[] };
        // A limit of zero that refuses nobody does what it is for.
        if !refused.is_empty() || tight.iter().any(|limit| limit.hard > Quantity::ZERO) {
            out.push(finding(view, quota, &tight, refused));
        }
    }
}

pub(super) fn is_tight(limit: &Limit) -> bool {
    limit.is_reached()
        || limit.used.percent_of(limit.hard).is_some_and(|percent| percent >= thresholds::QUOTA_TIGHT_PERCENT)
}

fn finding(view: &View, quota: &ResourceQuota, tight: &[&Limit], refused: &[Refusal]) -> Finding {
    let (cli, name, namespace) = (view.cli(), &quota.meta.name, &quota.meta.namespace);
    let reached = tight.iter().any(|limit| limit.is_reached());
    let (severity, title) = match (refused.is_empty(), reached) {
        (false, _) if is_platform(namespace) => (Severity::Critical, "used up, and pods are refused"),
        (false, _) => (Severity::Warning, "used up, and pods are refused"),
        (true, true) => (Severity::Info, "used up; nothing has been refused yet"),
        (true, false) => (Severity::Info, "almost used up"),
    };
    let mut finding = Finding::new(&CHECK, severity, quota.reference(), title)
        .look(format!("{cli} describe resourcequota {name} -n {namespace}"), "shows what is used of every limit");
    for limit in tight {
        finding = finding.fact(format!("status.used[{}]", limit.resource), format!("{} of {}", limit.used, limit.hard));
    }
    let since = refused.iter().filter_map(|refused| refused.since).min();
    let says_quota = refused.iter().any(|refused| refused.cause() == Some(Cause::Quota));
    if let Some(first) = refused.first() {
        finding = finding
            .since(since, SINCE)
            .confidence(Confidence::Likely)
            .fact("workloads refused", refused.len())
            .fact("refused because of a quota", if says_quota { "yes" } else { "not said; another rule may refuse" })
            .untrusted(format!("{} refused", first.workload), first.message)
            .look(
                format!("{cli} get events -n {namespace} --field-selector reason=FailedCreate"),
                "shows what was refused, and by which rule",
            )
            .change(
                format!("{cli} edit resourcequota {name} -n {namespace}"),
                "raises the limit",
                "the namespace may then take room that others count on: compare with what the nodes have left",
            );
    }
    finding.affects(refused.iter().map(|refused| refused.workload.clone()))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn quota(namespace: &str, used: &str) -> String {
        format!(
            "
        kind: ResourceQuota
        metadata: {{name: team, namespace: {namespace}}}
        status: {{hard: {{requests.cpu: '4'}}, used: {{requests.cpu: '{used}'}}}}"
        )
    }

    fn refused(namespace: &str) -> String {
        format!(
            "
        ---
        kind: Deployment
        metadata: {{name: web, namespace: {namespace}}}
        status:
          conditions:
          - {{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: 'exceeded quota: team', lastTransitionTime: @20m}}"
        )
    }

    #[test]
    fn a_full_quota_that_refuses_is_trouble() {
        let found = fires(&CHECK, &(quota("shop", "4") + &refused("shop")), &[
            "warning ResourceQuota shop/team: used up, and pods are refused (since 20m)",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "Deployment shop/web");
        fires(&CHECK, &(quota("openshift-x", "4") + &refused("openshift-x")), &[
            "critical ResourceQuota openshift-x/team: used up, and pods are refused (since 20m)",
        ]);
    }

    #[test]
    fn a_full_quota_that_refuses_nobody_is_worth_knowing() {
        fires(&CHECK, &quota("shop", "4"), &["info ResourceQuota shop/team: used up; nothing has been refused yet"]);
        fires(&CHECK, &(quota("shop", "3700m") + &refused("shop")), &["info ResourceQuota shop/team: almost used up"]);
    }

    #[test]
    fn stateful_sets_are_known_by_their_events() {
        let set = "
        ---
        kind: StatefulSet
        metadata: {name: db, namespace: shop}
        spec: {replicas: 3}
        status: {replicas: 2}
        ---
        kind: Event
        metadata: {name: e, namespace: shop}
        involvedObject: {kind: StatefulSet, namespace: shop, name: db}
        type: Warning
        reason: FailedCreate
        firstTimestamp: @30m
        lastTimestamp: @1m";
        fires(&CHECK, &format!("{}{set}", quota("shop", "4")), &[
            "warning ResourceQuota shop/team: used up, and pods are refused (since 30m)",
        ]);
        fires(&CHECK, &format!("{}{}", quota("shop", "4"), set.replace("{replicas: 2}", "{replicas: 3}")), &[
            "info ResourceQuota shop/team: used up; nothing has been refused yet",
        ]);
    }

    #[test]
    fn room_left_and_limits_that_forbid_are_silent() {
        silent(&CHECK, &(quota("shop", "3") + &refused("shop")));
        silent(&CHECK, &quota("shop", "0").replace("cpu: '4'", "cpu: '0'"));
    }
}
