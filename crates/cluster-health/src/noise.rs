//! What a cluster shows that looks like trouble and is none: counted, with the reason it is not reported, so that nobody
//! has to wonder whether it was overlooked.

use serde::Serialize;

use crate::alerts;
use crate::cluster::Cluster;
use crate::model::alert::{Alert, State};
use crate::model::pod::Phase;
use crate::report::Report;
use crate::thresholds;

/// Something left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Suppressed {
    pub count: usize,
    pub what: &'static str,
    pub why: &'static str,
}

/// Everything left out of which there is any.
pub fn suppressed(cluster: &Cluster, report: &Report) -> Vec<Suppressed> {
    let recent = report.as_of.minus(thresholds::RECENT_EXIT);
    let is_old_restart = |pod: &&crate::model::pod::Pod| {
        pod.is_settled() && pod.restarts() > 0 && pod.last_exit.is_some_and(|exit| exit < recent)
    };
    let old_event = |event: &&crate::model::event::Event| event.warning && event.last.is_none_or(|last| last < recent);
    let scaled_down = cluster.deployments.iter().filter(|it| it.desired == 0).count()
        + cluster.stateful_sets.iter().filter(|it| it.desired == 0).count();
    let fires = |alert: &&Alert| alert.state == State::Firing && !alerts::is_trouble(alert);
    let all = [
        (
            cluster.alerts.iter().filter(fires).count(),
            ["alert that fires", "alerts that fire"],
            "information, or known to fire always",
        ),
        (
            cluster.alerts.iter().filter(|alert| alert.state == State::Suppressed).count(),
            ["alert", "alerts"],
            "silenced, or another alert says the same",
        ),
        (
            report.findings.iter().filter(|finding| finding.explained_by.is_some()).count(),
            ["finding", "findings"],
            "following from the incidents",
        ),
        (
            cluster.pods.iter().filter(is_old_restart).count(),
            ["pod that was restarted", "pods that were restarted"],
            "the last restart more than an hour ago, ready since",
        ),
        (cluster.events.iter().filter(old_event).count(), ["warning event", "warning events"], "older than an hour"),
        (cluster.pods.iter().filter(|pod| pod.phase == Phase::Succeeded).count(), ["pod", "pods"], "ran to completion"),
        (scaled_down, ["workload without pods", "workloads without pods"], "scaled to zero"),
        (
            cluster.daemon_sets.iter().filter(|it| it.desired == 0).count(),
            ["DaemonSet without pods", "DaemonSets without pods"],
            "no node asks for them",
        ),
        (
            cluster.cluster_service_versions.iter().filter(|it| it.copied).count(),
            ["copy of an installed operator", "copies of installed operators"],
            "counted once, where it is installed",
        ),
    ];
    let some = all.into_iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, [one, many], why)| Suppressed { count, what: if count == 1 { one } else { many }, why }).collect()
}
