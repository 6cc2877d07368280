//! The alert that always fires does not: alerts do not arrive.

use crate::alerts::{self, HEARTBEAT};
use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "monitoring-watchdog-missing",
    title: "The alert that always fires does not arrive",
    explain: "OpenShift has a rule whose alert, Watchdog, always fires, so that its absence shows that rules are not \
              evaluated or alerts do not arrive: then no other alert arrives either, and nobody is told of anything. \
              Critical when all alerts could be seen, Watchdog is not among them, and a Prometheus of the platform has been \
              ready for ten minutes; younger ones have not evaluated their rules yet. Where no Prometheus is ready, that is \
              the finding, and other Kubernetes clusters need not have the rule.",
    layer: Layer::Operator,
    needs: &[Kind::Alert, Kind::ClusterVersion],
    uses: &[Kind::Pod],
    reference: "https://docs.openshift.com/container-platform/latest/support/troubleshooting/investigating-monitoring-issues.html",
    run,
};

/// Of the platform's monitoring.
const NAMESPACE: &str = "openshift-monitoring";

fn run(view: &View, out: &mut Vec<Finding>) {
    let arrives = view.cluster.alerts.iter().any(|alert| alert.rule == HEARTBEAT && alerts::is_of_platform(alert));
    if arrives || !view.is_openshift() || !view.all_seen(Kind::Alert) {
        return;
    }
    let Some(pod) = view.cluster.pods.in_namespace(NAMESPACE).find(|pod| evaluates(view, pod)) else { return };
    let object = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from("monitoring"));
    let title = format!("{HEARTBEAT}, which always fires, is not among the alerts: they do not arrive");
    let finding = Finding::new(&CHECK, Severity::Critical, object, title)
        .fact("alerts seen", view.cluster.alerts.len())
        .fact("a Prometheus that is ready", &pod.meta.name)
        .confidence(Confidence::Likely)
        .look(
            format!("oc logs -n {NAMESPACE} {} -c prometheus --tail=50", pod.meta.name),
            "shows whether it evaluates its rules and reaches Alertmanager",
        )
        .look(format!("oc get pods -n {NAMESPACE} -o wide"), "shows whether Alertmanager runs");
    out.push(finding);
}

fn evaluates(view: &View, pod: &Pod) -> bool {
    let labels = &pod.meta.labels;
    let of = |label: &str| labels.get(label).is_some_and(|value| *value == "prometheus");
    pod.ready
        && (of("app.kubernetes.io/name") || of("app"))
        && pod.started.is_some_and(|started| view.held(Some(started), thresholds::WATCHDOG_HOLD))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn cluster(started: &str, alert: &str) -> String {
        format!(
            "
        kind: ClusterVersion
        metadata: {{name: version}}
        ---
        kind: Pod
        metadata: {{name: prometheus-k8s-0, namespace: openshift-monitoring, labels: {{app.kubernetes.io/name: prometheus}}}}
        status:
          phase: Running
          startTime: {started}
          conditions: [{{type: Ready, status: 'True', lastTransitionTime: {started}}}]
          containerStatuses: [{{name: prometheus, ready: true, state: {{running: {{startedAt: {started}}}}}}}]
        ---
        kind: Alert
        metadata: {{name: one, namespace: openshift-monitoring, labels: {{alertname: {alert}, severity: none}}}}
        state: firing"
        )
    }

    #[test]
    fn without_it_no_alert_can_be_trusted_to_arrive() {
        fires(&CHECK, &cluster("@2h", "KubeNodeNotReady"), &[
            "critical ClusterOperator monitoring: Watchdog, which always fires, is not among the alerts: they do not arrive",
        ]);
    }

    #[test]
    fn where_it_fires_or_prometheus_is_young_is_silent() {
        silent(&CHECK, &cluster("@2h", "Watchdog"));
        silent(&CHECK, &cluster("@3m", "KubeNodeNotReady"));
        silent(&CHECK, &cluster("@2h", "KubeNodeNotReady").replace("kind: ClusterVersion", "kind: Namespace"));
    }
}
