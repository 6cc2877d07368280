//! Alerts that nobody receives.

use crate::alerts::{self, NO_RECEIVERS};
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::alert::State;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "monitoring-receivers-missing",
    title: "Alerts fire and nobody is told",
    explain: "OpenShift raises AlertmanagerReceiversNotConfigured for as long as its Alertmanager has nobody to send alerts \
              to. The cluster works, so this is information; but whoever runs it learns of trouble from its users. It fires \
              on every new cluster. A receiver that is configured and fails is another alert.",
    layer: Layer::Operator,
    needs: &[Kind::Alert],
    uses: &[],
    reference: "https://docs.openshift.com/container-platform/latest/observability/monitoring/managing-alerts.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let alert = view.cluster.alerts.iter().find(|alert| alert.rule == NO_RECEIVERS && alerts::is_of_platform(alert));
    let Some(alert) = alert.filter(|alert| alert.state == State::Firing) else { return };
    let title = "Alertmanager has no receivers: nobody is told of alerts";
    let finding = Finding::new(&CHECK, Severity::Info, alert.reference(), title)
        .since(alert.since, "activeAt")
        .fact("alertname", &alert.rule)
        .look("oc get secret alertmanager-main -n openshift-monitoring -o name", "names the Secret in which receivers are set");
    out.push(finding);
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const ALERT: &str = "
        kind: Alert
        metadata:
          name: one
          namespace: openshift-monitoring
          labels: {alertname: AlertmanagerReceiversNotConfigured, severity: warning}
        state: firing
        activeAt: @2d";

    #[test]
    fn a_new_cluster_tells_nobody() {
        fires(&CHECK, ALERT, &[
            "info Alert openshift-monitoring/one: Alertmanager has no receivers: nobody is told of alerts (since 2d)",
        ]);
    }

    #[test]
    fn receivers_that_fail_and_tenants_who_claim_it_are_silent() {
        silent(&CHECK, &ALERT.replace("ReceiversNotConfigured", "FailedToSendAlerts"));
        silent(&CHECK, &ALERT.replace("namespace: openshift-monitoring", "namespace: shop"));
    }
}
