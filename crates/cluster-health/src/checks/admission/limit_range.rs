//! LimitRanges that refuse pods.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding};
use crate::model::limit_range::{Limit, LimitRange};
use crate::model::{Kind, Resource};
use crate::pod_trouble;
use crate::refusals::{Refusal, SINCE};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "admission-limit-range",
    title: "A limit range refuses pods",
    explain: "Looks for workloads whose pods have been refused for five minutes with words about how much a container or \
              pod may use, and for the bound of the namespace's LimitRanges that the words are about. Such a pod asks \
              for more than the maximum, for less than the minimum, or for a limit too far above its request; it is \
              never created until the workload or the bound changes. The usual causes are a workload that was moved \
              from another namespace, a bound that was set later, and defaults that the LimitRange itself gives. A \
              LimitRange that refuses nobody does what it is for.",
    layer: Layer::Admission,
    needs: &[Kind::LimitRange],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Event],
    reference: "https://kubernetes.io/docs/concepts/policy/limit-range/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for range in view.cluster.limit_ranges.iter() {
        let mut refused: Vec<(&Refusal, &Limit)> = Vec::new();
        for refusal in view.refused_in(&range.meta.namespace) {
            let message = refusal.message.unwrap_or_default();
            refused.extend(range.limits.iter().find(|limit| message.contains(&words(limit))).map(|limit| (refusal, limit)));
        }
        if let Some(&(_, limit)) = refused.first() {
            out.push(finding(view, range, limit, &refused));
        }
    }
}

/// What the admission plugin writes about a bound.
fn words(limit: &Limit) -> String {
    let Limit { of, resource, .. } = limit;
    match limit.bound {
        "max" => format!("maximum {resource} usage per {of} is"),
        "min" => format!("minimum {resource} usage per {of} is"),
        _ => format!("{resource} max limit to request ratio per {of} is"),
    }
}

fn finding(view: &View, range: &LimitRange, limit: &Limit, refused: &[(&Refusal, &Limit)]) -> Finding {
    let (cli, name, namespace) = (view.cli(), &range.meta.name, &range.meta.namespace);
    let severity = refused.iter().map(|(refusal, _)| pod_trouble::severity(view, &refusal.workload)).max();
    let title = match limit.bound {
        "max" => "refuses pods that ask for more than its maximum",
        "min" => "refuses pods that ask for less than its minimum",
        _ => "refuses pods whose limit is too far above their request",
    };
    let message = refused.first().and_then(|(refusal, _)| refusal.message);
    Finding::new(&CHECK, severity.unwrap_or(crate::finding::Severity::Warning), range.reference(), title)
        .since(refused.iter().filter_map(|(refusal, _)| refusal.since).min(), SINCE)
        .fact(limit.path(), limit.value)
        .fact("workloads refused", refused.len())
        .confidence(Confidence::Likely)
        .untrusted("the refusal", message)
        .affects(refused.iter().map(|(refusal, _)| refusal.workload.clone()))
        .look(format!("{cli} describe limitrange {name} -n {namespace}"), "shows every bound and default")
        .look(
            format!("{cli} get events -n {namespace} --field-selector reason=FailedCreate"),
            "shows what each refused pod asked for",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(message: &str) -> String {
        format!(
            "
        kind: LimitRange
        metadata: {{name: bounds, namespace: shop}}
        spec: {{limits: [{{type: Container, max: {{memory: 1Gi}}, min: {{cpu: 100m}}}}]}}
        ---
        kind: LimitRange
        metadata: {{name: other, namespace: shop}}
        spec: {{limits: [{{type: Pod, max: {{memory: 8Gi}}}}]}}
        ---
        kind: Deployment
        metadata: {{name: web, namespace: shop}}
        spec: {{replicas: 2}}
        status:
          availableReplicas: 1
          conditions:
          - {{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: '{message}', lastTransitionTime: @20m}}"
        )
    }

    #[test]
    fn the_bound_that_refuses_is_named() {
        let found = fires(&CHECK, &scene("pods is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi"), &[
            "warning LimitRange shop/bounds: refuses pods that ask for more than its maximum (since 20m)",
        ]);
        assert_eq!(found[0].facts[0].path, "spec.limits[Container].max[memory]");
        fires(&CHECK, &scene("minimum cpu usage per Container is 100m, but request is 10m"), &[
            "warning LimitRange shop/bounds: refuses pods that ask for less than its minimum (since 20m)",
        ]);
    }

    #[test]
    fn other_refusals_are_silent() {
        silent(&CHECK, &scene("exceeded quota: team"));
        silent(&CHECK, &scene("maximum memory usage per Container is 1Gi").replace("@20m", "@1m"));
    }
}
