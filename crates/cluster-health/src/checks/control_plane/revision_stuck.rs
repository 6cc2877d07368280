//! Control-plane nodes that do not come to the newest revision of a static pod.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::Status;
use crate::model::static_pod_operator::{NodeRevision, StaticPodOperator};
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "control-plane-revision-stuck",
    title: "A control-plane component's new revision does not roll out",
    explain: "Looks at which revision of etcd, kube-apiserver, kube-controller-manager and kube-scheduler each control-plane \
              node runs. A changed setting or a renewed certificate comes as a new revision, installed on one node after \
              the other. It counts when the roll-out has lasted half an hour, or as soon as a node reports that the \
              revision failed; until it is mended nothing that changed takes effect, renewed certificates included. Usual \
              causes are a node that is down or full and an installer pod that cannot start. Critical after an hour.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Etcd, Kind::KubeAPIServer, Kind::KubeControllerManager, Kind::KubeScheduler],
    uses: &[Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/support/troubleshooting#troubleshooting-operator-issues",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    if view.installing() {
        return;
    }
    for (component, operator) in view.static_pod_operators() {
        let behind: Vec<&NodeRevision> = operator.nodes.iter().filter(|node| node.current < operator.latest).collect();
        if !behind.is_empty() {
            out.extend(finding(view, component, operator, &behind));
        }
    }
}

fn finding(view: &View, component: &str, operator: &StaticPodOperator, behind: &[&NodeRevision]) -> Option<Finding> {
    // A failure of an older revision is history.
    let failed = behind.iter().find(|node| node.failed > node.current && node.failed >= node.target);
    let since = operator.conditions.having("NodeInstallerProgressing", Status::True).and_then(|progressing| progressing.since);
    let lasting = |hold| since.is_some_and(|since| view.now.since(since) >= hold);
    if failed.is_none() && !lasting(thresholds::REVISION_HOLD) {
        return None;
    }
    let severity = if lasting(thresholds::REVISION_LONG) { Severity::Critical } else { Severity::Warning };
    let latest = operator.latest;
    let title = match failed {
        Some(node) => format!("revision {} of {component} failed on a node", node.failed),
        None => format!("revision {latest} of {component} has not reached {} of {} nodes", behind.len(), operator.nodes.len()),
    };
    let object = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from(component));
    let node = |node: &NodeRevision| ObjectRef::new(Kind::Node, &Name::empty(), &node.node);
    let mut finding = Finding::new(&CHECK, severity, object, title)
        .since(since, "status.conditions[NodeInstallerProgressing].lastTransitionTime")
        .fact("status.latestAvailableRevision", latest)
        .fact("nodes behind it", listed(behind.iter().map(|node| node.node.as_str())))
        .affects(behind.iter().map(|one| node(one)))
        .look(format!("oc get pods -n openshift-{component} -o wide"), "shows the installer pods of the revision")
        .depends_on(behind.iter().map(|one| node(one)));
    if let Some(failed) = failed {
        let path = |field: &str| format!("status.nodeStatuses[{}].{field}", failed.node);
        finding = finding
            .fact(path("lastFailedReason"), &failed.failed_reason)
            .untrusted(path("lastFailedRevisionErrors"), failed.error.as_deref());
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STUCK: &str = "
        kind: KubeAPIServer
        metadata: {name: cluster}
        status:
          latestAvailableRevision: 12
          nodeStatuses:
          - {nodeName: m0, currentRevision: 12}
          - {nodeName: m1, currentRevision: 11, targetRevision: 12}
          conditions: [{type: NodeInstallerProgressing, status: 'True', lastTransitionTime: @40m}]";

    #[test]
    fn a_node_that_stays_behind_is_named() {
        let line = "ClusterOperator kube-apiserver: revision 12 of kube-apiserver has not reached 1 of 2 nodes";
        let found = fires(&CHECK, STUCK, &[&format!("warning {line} (since 40m)")]);
        assert_eq!(found[0].upstream[0].to_string(), "Node m1");
        fires(&CHECK, &STUCK.replace("@40m", "@2h"), &[&format!("critical {line} (since 2h)")]);
    }

    #[test]
    fn a_revision_that_failed_counts_at_once() {
        let failed = STUCK.replace("targetRevision: 12", "targetRevision: 12, lastFailedRevision: 12, lastFailedReason: InstallerFailed");
        fires(&CHECK, &failed.replace("@40m", "@5m"), &[
            "warning ClusterOperator kube-apiserver: revision 12 of kube-apiserver failed on a node (since 5m)",
        ]);
    }

    #[test]
    fn roll_outs_that_move_and_old_failures_are_silent() {
        silent(&CHECK, &STUCK.replace("@40m", "@9m"));
        silent(&CHECK, &STUCK.replace("currentRevision: 11, targetRevision: 12", "currentRevision: 12, lastFailedRevision: 9"));
    }
}
