//! Autoscalers that want more replicas than they may have.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::horizontal_pod_autoscaler::HorizontalPodAutoscaler;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "autoscaler-at-maximum",
    title: "An autoscaler has reached its maximum",
    explain: "Looks for HorizontalPodAutoscalers that run as many replicas as they may and say in ScalingLimited, with \
              reason TooManyReplicas, that they want more, for a quarter of an hour: the load is higher than what the \
              workload was allowed to grow to, and its users wait. The usual causes are a maximum that was set for \
              another load, replicas that are slow because something behind them is, and a target value that is too \
              low. An autoscaler whose maximum is just what it needs does not count, nor one that cannot go lower.",
    layer: Layer::Workload,
    needs: &[Kind::HorizontalPodAutoscaler],
    uses: &[Kind::Deployment, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for autoscaler in view.cluster.horizontal_pod_autoscalers.iter() {
        let limited = autoscaler.conditions.having("ScalingLimited", Status::True);
        let limited = limited.filter(|limited| limited.reason == "TooManyReplicas");
        if let Some(limited) = limited
            && autoscaler.current >= autoscaler.max
            && view.held(limited.since, thresholds::AUTOSCALER_HOLD)
        {
            out.push(finding(view, autoscaler, limited));
        }
    }
}

fn finding(view: &View, autoscaler: &HorizontalPodAutoscaler, limited: &Condition) -> Finding {
    let (cli, name, namespace) = (view.cli(), &autoscaler.meta.name, &autoscaler.meta.namespace);
    let target = autoscaler.scales();
    let title = format!("wants more than the {} replicas it may run", autoscaler.max);
    Finding::new(&CHECK, Severity::Warning, autoscaler.reference(), title)
        .since(limited.since, "status.conditions[ScalingLimited].lastTransitionTime")
        .fact("spec.maxReplicas", autoscaler.max)
        .fact("status.currentReplicas", autoscaler.current)
        .fact("spec.scaleTargetRef", format!("{} {}", shown(&target.kind), shown(&target.name)))
        .look(format!("{cli} describe hpa {name} -n {namespace}"), "shows each metric with its current and its wanted value")
        .look(
            format!("{cli} adm top pods -n {namespace}").replace("kubectl adm top", "kubectl top"),
            "shows which pods use how much",
        )
        .change(
            format!("{cli} edit hpa {name} -n {namespace}"),
            "raises spec.maxReplicas",
            "more replicas need room on the nodes and in the namespace's quota, and load what is behind them",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn autoscaler(current: u32, reason: &str, since: &str) -> String {
        format!(
            "
        kind: HorizontalPodAutoscaler
        metadata: {{name: web, namespace: shop}}
        spec: {{scaleTargetRef: {{kind: Deployment, name: web}}, maxReplicas: 5}}
        status:
          currentReplicas: {current}
          conditions: [{{type: ScalingLimited, status: 'True', reason: {reason}, lastTransitionTime: {since}}}]"
        )
    }

    #[test]
    fn one_that_wants_more_than_it_may() {
        let found = fires(&CHECK, &autoscaler(5, "TooManyReplicas", "@40m"), &[
            "warning HorizontalPodAutoscaler shop/web: wants more than the 5 replicas it may run (since 40m)",
        ]);
        assert_eq!(found[0].next[1].command, "kubectl top pods -n shop");
    }

    #[test]
    fn a_peak_the_lower_end_and_room_left_are_silent() {
        silent(&CHECK, &autoscaler(5, "TooManyReplicas", "@5m"));
        silent(&CHECK, &autoscaler(5, "TooFewReplicas", "@40m"));
        silent(&CHECK, &autoscaler(4, "TooManyReplicas", "@40m"));
    }
}
