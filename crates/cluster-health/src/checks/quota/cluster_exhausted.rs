//! Quotas over several namespaces that leave no room.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::cluster_resource_quota::ClusterResourceQuota;
use crate::model::resource_quota::Limit;
use crate::model::{Kind, Resource};
use crate::quantity::Quantity;
use crate::refusals::{Cause, Refusal, SINCE};
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "quota-cluster-exhausted",
    title: "A quota over several namespaces is used up",
    explain: "Looks at ClusterResourceQuotas, which several namespaces share. One that is used up refuses every further \
              pod or object in all of them, also in one that uses little itself. It counts as trouble when pods of one \
              of its namespaces have been refused for five minutes with words about a quota; used up without refusing \
              anybody, or nine tenths used, it is worth knowing. Limits of zero forbid something on purpose and count \
              only when they refuse. Critical when a namespace of the platform is refused.",
    layer: Layer::Admission,
    needs: &[Kind::ClusterResourceQuota],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Event],
    reference: "https://docs.openshift.com/container-platform/latest/applications/quotas/quotas-setting-across-multiple-projects.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for quota in view.cluster.cluster_resource_quotas.iter() {
        let tight: Vec<&Limit> = quota.limits.iter().filter(|limit| super::exhausted::is_tight(limit)).collect();
        let reached = tight.iter().any(|limit| limit.is_reached());
        let refused: Vec<&Refusal> = if reached { refused(view, quota).collect() } else { Vec::new() };
        if !refused.is_empty() || tight.iter().any(|limit| limit.hard > Quantity::ZERO) {
            out.push(finding(view, quota, &tight, &refused));
        }
    }
}

fn refused<'v>(view: &'v View, quota: &ClusterResourceQuota) -> impl Iterator<Item = &'v Refusal<'v>> {
    let refused = quota.namespaces.iter().flat_map(|namespace| view.refused_in(namespace));
    refused.filter(|refusal| refusal.cause() == Some(Cause::Quota))
}

fn finding(view: &View, quota: &ClusterResourceQuota, tight: &[&Limit], refused: &[&Refusal]) -> Finding {
    let name = &quota.meta.name;
    let reached = tight.iter().any(|limit| limit.is_reached());
    let hits_platform = refused.iter().any(|refusal| is_platform(&refusal.workload.namespace));
    let (severity, title) = match (refused.is_empty(), reached) {
        (false, _) if hits_platform => (Severity::Critical, "used up, and pods are refused"),
        (false, _) => (Severity::Warning, "used up, and pods are refused"),
        (true, true) => (Severity::Info, "used up; nothing has been refused yet"),
        (true, false) => (Severity::Info, "almost used up"),
    };
    let mut finding = Finding::new(&CHECK, severity, quota.reference(), title)
        .fact("status.namespaces", crate::finding::listed(quota.namespaces.iter().map(|name| &**name)))
        .look(format!("{} describe clusterresourcequota {name}", view.cli()), "shows what each namespace uses of it");
    for limit in tight {
        let path = format!("status.total.used[{}]", limit.resource);
        finding = finding.fact(path, format!("{} of {}", limit.used, limit.hard));
    }
    if let Some(first) = refused.first() {
        finding = finding
            .since(refused.iter().filter_map(|refusal| refusal.since).min(), SINCE)
            .confidence(Confidence::Likely)
            .fact("workloads refused", refused.len())
            .untrusted(format!("{} refused", first.workload), first.message)
            .change(
                format!("{} edit clusterresourcequota {name}", view.cli()),
                "raises the limit",
                "its namespaces may then take room that others count on: compare with what the nodes have left",
            );
    }
    finding.affects(refused.iter().map(|refusal| refusal.workload.clone()))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(used: &str, message: &str) -> String {
        format!(
            "
        kind: ClusterResourceQuota
        metadata: {{name: team}}
        status: {{namespaces: [{{namespace: shop}}], total: {{hard: {{pods: '10'}}, used: {{pods: '{used}'}}}}}}
        ---
        kind: Deployment
        metadata: {{name: web, namespace: shop}}
        status:
          conditions:
          - {{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: '{message}', lastTransitionTime: @20m}}"
        )
    }

    #[test]
    fn a_full_quota_that_refuses_is_trouble() {
        let found = fires(&CHECK, &scene("10", "exceeded quota: team"), &[
            "warning ClusterResourceQuota team: used up, and pods are refused (since 20m)",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "Deployment shop/web");
    }

    #[test]
    fn one_that_refuses_nobody_is_worth_knowing() {
        fires(&CHECK, &scene("10", "denied the request"), &[
            "info ClusterResourceQuota team: used up; nothing has been refused yet",
        ]);
        fires(&CHECK, &scene("9", "exceeded quota: team"), &["info ClusterResourceQuota team: almost used up"]);
    }

    #[test]
    fn room_left_is_silent() {
        silent(&CHECK, &scene("5", "exceeded quota: team"));
    }
}
