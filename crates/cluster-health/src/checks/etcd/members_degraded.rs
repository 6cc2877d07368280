//! etcd members as the etcd operator sees them.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "etcd-members-degraded",
    title: "The etcd operator calls members unhealthy",
    explain: "Looks at conditions EtcdMembersDegraded and EtcdMembersAvailable of the etcd operator, which asks every member \
              itself: a member can be unhealthy although its pod is ready, such as one that was never started, has lost its \
              data or cannot keep up with a slow disk. Five minutes of it count. A warning while there is a majority; when \
              the operator says that members are not available it is critical: without a majority nothing can be changed.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Etcd],
    uses: &[Kind::Node, Kind::Pod],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-etcd-operator/etcdMembersDown.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for etcd in view.cluster.etcds.iter() {
        let conditions = &etcd.0.conditions;
        let unavailable = conditions.having("EtcdMembersAvailable", Status::False);
        let (severity, title, condition) = match (unavailable, conditions.having("EtcdMembersDegraded", Status::True)) {
            (Some(it), _) => (Severity::Critical, "the etcd operator finds no majority of healthy members", it),
            (None, Some(it)) => (Severity::Warning, "the etcd operator finds unhealthy members", it),
            (None, None) => continue,
        };
        let hold = if view.installing() { thresholds::INSTALL_HOLD } else { thresholds::ETCD_MEMBER_HOLD };
        if view.held(condition.since, hold) {
            let object = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from("etcd"));
            let nodes = view.cluster.nodes.iter().filter(|node| node.is_control_plane() && !node.is_ready());
            let pods = view.cluster.pods.in_namespace("openshift-etcd").filter(|pod| !pod.is_settled());
            out.push(
                Finding::new(&CHECK, severity, object, title)
                    .since(condition.since, "Etcd status.conditions[EtcdMembersAvailable or EtcdMembersDegraded].lastTransitionTime")
                    .condition(condition)
                    .depends_on(nodes.map(Resource::reference))
                    .depends_on(pods.map(Resource::reference))
                    .look("oc get etcd cluster -o yaml", "names the members in its conditions")
                    .look("oc get pods -n openshift-etcd -l app=etcd -o wide", "shows the members and their nodes"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const DEGRADED: &str = "
        kind: Etcd
        metadata: {name: cluster}
        status:
          conditions:
          - {type: EtcdMembersAvailable, status: 'True', lastTransitionTime: @9d}
          - {type: EtcdMembersDegraded, status: 'True', reason: UnhealthyMembers, lastTransitionTime: @20m}";

    #[test]
    fn a_lost_majority_is_critical() {
        fires(&CHECK, DEGRADED, &["warning ClusterOperator etcd: the etcd operator finds unhealthy members (since 20m)"]);
        fires(&CHECK, &DEGRADED.replace("Available, status: 'True', lastTransitionTime: @9d", "Available, status: 'False', lastTransitionTime: @10m"), &[
            "critical ClusterOperator etcd: the etcd operator finds no majority of healthy members (since 10m)",
        ]);
        silent(&CHECK, &DEGRADED.replace("@20m", "@2m"));
        silent(&CHECK, &DEGRADED.replace("Degraded, status: 'True'", "Degraded, status: 'False'"));
    }
}
