//! A silence that keeps a critical alert from whoever would mend it.

use crate::ordered::Ordered;
use crate::alerts;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::alert::Alert;
use crate::model::silence::Silence;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "monitoring-silence-hides-critical",
    title: "A silence hides a critical alert that fires",
    explain: "Looks at silences in force and the alerts that Alertmanager says they suppress. A critical alert of the \
              platform that fires and is told to nobody is a warning: somebody meant to have a quiet hour, or forgot. Silenced \
              alerts are not reported as trouble themselves; this is where they show. Silences that hide warnings, or \
              alerts that do not fire, are what silences are for. Which alerts a silence suppresses is Alertmanager's word; \
              its matchers, author and comment are shown as text.",
    layer: Layer::Operator,
    needs: &[Kind::Silence, Kind::Alert],
    uses: &[],
    reference: "https://prometheus.io/docs/alerting/latest/alertmanager/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let is_critical = |alert: &&Alert| {
        alerts::would_be_trouble(alert) && alert.is_silenced() && alerts::severity(view, alert) == Severity::Critical
    };
    let critical: Vec<&Alert> = view.cluster.alerts.iter().filter(is_critical).collect();
    for silence in view.cluster.silences.iter().filter(|silence| silence.active) {
        let hidden: Vec<&Alert> =
            critical.iter().copied().filter(|alert| alert.silenced_by.contains(&silence.meta.name)).collect();
        if !hidden.is_empty() {
            out.push(finding(silence, &hidden));
        }
    }
}

fn finding(silence: &Silence, hidden: &[&Alert]) -> Finding {
    let mut rules: Vec<&str> = hidden.iter().map(|alert| alert.rule.as_str()).collect();
    rules.put_in_order();
    rules.dedup();
    let title = format!("it hides critical alerts that fire: {}", listed(rules));
    let finding = Finding::new(&CHECK, Severity::Warning, silence.reference(), title)
        .since(hidden.iter().filter_map(|alert| alert.since).min(), "activeAt of the alerts")
        .fact("alerts hidden", hidden.len())
        .untrusted("matchers", silence.matchers.as_deref())
        .untrusted("createdBy", silence.author.as_deref())
        .untrusted("comment", silence.comment.as_deref());
    let finding = match silence.ends {
        Some(ends) => finding.fact("endsAt", ends),
        None => finding,
    };
    finding
        .affects(hidden.iter().map(|alert| alert.reference()))
        .look(
            format!("amtool silence query {}", silence.meta.name),
            "shows the silence, where amtool knows the Alertmanager",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn cluster(severity: &str, state: &str, namespace: &str) -> String {
        format!(
            "
        kind: ClusterVersion
        metadata: {{name: version}}
        ---
        kind: Silence
        metadata: {{name: 3f2a}}
        state: {state}
        startsAt: @5h
        endsAt: @1m
        matchers: [{{name: severity, value: critical}}]
        createdBy: ann
        comment: all is well, tell nobody
        ---
        kind: Alert
        metadata: {{name: one, namespace: {namespace}, labels: {{alertname: KubeAPIDown, severity: {severity}}}}}
        state: suppressed
        activeAt: @30m
        silencedBy: [3f2a]"
        )
    }

    #[test]
    fn somebody_should_know_of_it() {
        fires(&CHECK, &cluster("critical", "active", "openshift-kube-apiserver"), &[
            "warning Silence 3f2a: it hides critical alerts that fire: KubeAPIDown (since 30m)",
        ]);
    }

    #[test]
    fn silences_of_warnings_of_tenants_and_of_yesterday_are_silent() {
        silent(&CHECK, &cluster("warning", "active", "openshift-kube-apiserver"));
        silent(&CHECK, &cluster("critical", "active", "shop"));
        silent(&CHECK, &cluster("critical", "pending", "openshift-kube-apiserver"));
    }
}
