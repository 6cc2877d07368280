//! Monitoring that does not collect metrics or send alerts.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::condition::{Condition, Conditions, Status};
use crate::model::meta::Meta;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "monitoring-unavailable",
    title: "Monitoring collects nothing or its settings are not in force",
    explain: "Looks at what the Prometheus operator says of each Prometheus and Alertmanager. One that has not been available \
              for ten minutes collects no metrics or sends no alerts, so nobody is told of anything else either: critical \
              on the platform. One whose settings could not be brought into force for half an hour goes on with the old \
              ones: a warning. The usual causes are a volume that is full or cannot be mounted, want of memory, nodes that \
              are down, and a rule or secret that cannot be read. Half of two replicas still work and count as available \
              in part only.",
    layer: Layer::Operator,
    needs: &[Kind::Prometheus],
    uses: &[Kind::Alertmanager, Kind::StatefulSet, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/support/troubleshooting/investigating-monitoring-issues.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for prometheus in view.cluster.prometheuses.iter() {
        let what = Watched { object: prometheus.reference(), meta: &prometheus.meta, kind: "prometheus" };
        out.extend(examine(view, &what, &prometheus.conditions, "no metrics are collected"));
    }
    for alertmanager in view.cluster.alertmanagers.iter() {
        let what = Watched { object: alertmanager.reference(), meta: &alertmanager.meta, kind: "alertmanager" };
        out.extend(examine(view, &what, &alertmanager.conditions, "no alerts are sent"));
    }
}

struct Watched<'a> {
    object: ObjectRef,
    meta: &'a Meta,
    /// As in the name of its StatefulSet.
    kind: &'static str,
}

fn examine(view: &View, what: &Watched, conditions: &Conditions, effect: &str) -> Option<Finding> {
    // `Degraded` in place of a status means that some replicas are left.
    let away = conditions.having("Available", Status::False);
    let stale = conditions.having("Reconciled", Status::False);
    if let Some(away) = away.filter(|it| view.held(it.since, thresholds::DRIVER_HOLD)) {
        let severity = if is_platform(&what.meta.namespace) { Severity::Critical } else { Severity::Warning };
        return Some(finding(view, what, away, severity, format!("not available: {effect}")));
    }
    let stale = stale.filter(|it| view.held(it.since, thresholds::OPERAND_HOLD))?;
    Some(finding(view, what, stale, Severity::Warning, "its settings could not be brought into force"))
}

fn finding(view: &View, what: &Watched, condition: &Condition, severity: Severity, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &what.meta.name, &what.meta.namespace);
    let set = Name::from(format!("{}-{name}", what.kind).as_str());
    Finding::new(&CHECK, severity, what.object.clone(), title)
        .since(condition.since, "status.conditions[Available or Reconciled].lastTransitionTime")
        .condition(condition)
        .depends_on([ObjectRef::new(Kind::StatefulSet, namespace, &set)])
        .look(format!("{cli} get pods,pvc -n {namespace} -o wide"), "shows its pods, their nodes and their claims")
        .look(format!("{cli} describe {} {name} -n {namespace}", what.kind), "shows what its operator says")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn monitoring(kind: &str, condition: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: {kind}
        metadata: {{name: k8s, namespace: openshift-monitoring}}
        status: {{conditions: [{{type: {condition}, status: '{status}', reason: NoPodReady, lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn without_prometheus_nobody_is_told() {
        let found = fires(&CHECK, &monitoring("Prometheus", "Available", "False", "@20m"), &[
            "critical Prometheus openshift-monitoring/k8s: not available: no metrics are collected (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "StatefulSet openshift-monitoring/prometheus-k8s");
        fires(&CHECK, &monitoring("Alertmanager", "Reconciled", "False", "@1h"), &[
            "warning Alertmanager openshift-monitoring/k8s: its settings could not be brought into force (since 1h)",
        ]);
    }

    #[test]
    fn available_in_part_and_just_restarted_are_silent() {
        silent(&CHECK, &monitoring("Prometheus", "Available", "Degraded", "@20m"));
        silent(&CHECK, &monitoring("Prometheus", "Available", "True", "@20m"));
        silent(&CHECK, &monitoring("Prometheus", "Available", "False", "@2m"));
    }
}
