//! etcd members that are not ready: the cluster's memory is thin or gone.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::Kind;
use crate::static_pods::{Component, Members};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "etcd-member-down",
    title: "etcd members are not ready",
    explain: "Looks at the etcd pods, one a control-plane node. etcd holds all of the cluster's state and needs a majority of \
              its members: with one of three down nothing is lost yet, but the next failure stops the API from taking \
              changes, and with two down it has stopped already. Usual causes are the node, a slow or full disk, and a \
              roll-out of a new revision that hangs. Pods count after five minutes, during an update after fifteen; a \
              warning, and critical when the majority is lost. Says nothing where etcd runs elsewhere.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Pod, Kind::Node],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-etcd-operator/etcdMembersDown.md",
    run,
};

const ETCD: Component = Component { operator: "etcd", namespace: "openshift-etcd", app: "etcd" };

fn run(view: &View, out: &mut Vec<Finding>) {
    if let Some(members) = ETCD.members(view).filter(|members| members.lost() > 0) {
        out.push(finding(view, &members));
    }
}

fn finding(view: &View, members: &Members) -> Finding {
    let (ready, all) = (members.ready(), members.wanted);
    let majority = all / 2 + 1;
    let (severity, title) = if ready < majority {
        (Severity::Critical, format!("only {ready} of {all} etcd members are ready, fewer than the majority of {majority}"))
    } else if ready == majority {
        (Severity::Warning, format!("{ready} of {all} etcd members are ready; no further one may fail"))
    } else {
        (Severity::Warning, format!("{ready} of {all} etcd members are ready"))
    };
    Finding::new(&CHECK, severity, ETCD.operator(), title)
        .since(members.since(), "Pod status.conditions[Ready].lastTransitionTime")
        .fact("Nodes without a ready Pod with label app=etcd", members.nodes())
        .affects(members.unready.iter().map(|pod| crate::model::Resource::reference(*pod)))
        .look("oc get pods -n openshift-etcd -l app=etcd -o wide", "shows the members and their nodes")
        .look("oc get etcd cluster -o yaml", "shows the etcd operator's view of its members and revisions")
        .depends_on(members.causes(view))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    /// Control-plane nodes, each ready or not, with an etcd pod that is ready or not.
    fn cluster(members: &[(&str, &str)]) -> String {
        let member = |(i, (node, pod)): (usize, &(&str, &str))| {
            format!(
                "
            kind: Node
            metadata: {{name: m{i}, creationTimestamp: @9d, labels: {{node-role.kubernetes.io/master: ''}}}}
            status: {{conditions: [{{type: Ready, status: '{node}', lastTransitionTime: @20m}}]}}
            ---
            kind: Pod
            metadata: {{name: etcd-m{i}, namespace: openshift-etcd, labels: {{app: etcd}}}}
            spec: {{nodeName: m{i}}}
            status: {{phase: Running, conditions: [{{type: Ready, status: '{pod}', lastTransitionTime: @19m}}]}}
            ---"
            )
        };
        members.iter().enumerate().map(member).collect()
    }

    const UP: (&str, &str) = ("True", "True");
    const DOWN: (&str, &str) = ("Unknown", "False");
    const NOT_READY: (&str, &str) = ("True", "False");

    #[test]
    fn one_of_three_is_a_warning_that_its_node_explains() {
        let found = fires(&CHECK, &cluster(&[UP, DOWN, UP]), &[
            "warning ClusterOperator etcd: 2 of 3 etcd members are ready; no further one may fail (since 19m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["Node m1", "Pod openshift-etcd/etcd-m1"]);
    }

    #[test]
    fn a_lost_majority_is_critical() {
        fires(&CHECK, &cluster(&[UP, DOWN, NOT_READY]), &[
            "critical ClusterOperator etcd: only 1 of 3 etcd members are ready, fewer than the majority of 2 (since 19m)",
        ]);
    }

    #[test]
    fn a_control_plane_node_without_a_member_counts() {
        let nodes = cluster(&[UP, UP, UP]).replace("name: etcd-m2, namespace: openshift-etcd", "name: x, namespace: y");
        fires(&CHECK, &nodes, &["warning ClusterOperator etcd: 2 of 3 etcd members are ready; no further one may fail"]);
    }

    #[test]
    fn a_full_a_restarting_and_a_hosted_etcd_are_silent() {
        silent(&CHECK, &cluster(&[UP, UP, UP]));
        silent(&CHECK, &cluster(&[UP, NOT_READY, UP]).replace("@19m", "@3m"));
        silent(&CHECK, &cluster(&[UP, DOWN, UP]).replace("openshift-etcd", "elsewhere"));
    }

    #[test]
    fn an_update_gives_the_restart_more_time() {
        let updating = "
            kind: ClusterVersion
            metadata: {name: version}
            status:
              history: [{version: 4.20.7, state: Partial}, {version: 4.20.6, state: Completed}]
              conditions: [{type: Progressing, status: 'True'}]";
        silent(&CHECK, &(cluster(&[UP, NOT_READY, UP]).replace("@19m", "@10m") + updating));
    }
}
