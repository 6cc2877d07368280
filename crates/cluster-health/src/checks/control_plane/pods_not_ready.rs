//! API servers, controller managers and schedulers that are not ready.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::static_pods::{Component, Members};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "control-plane-pods-not-ready",
    title: "Control-plane pods are not ready",
    explain: "Looks at the static pods of kube-apiserver, kube-controller-manager and kube-scheduler, one of each a \
              control-plane node. The others take over when one is missing, so one that has not been ready for a quarter \
              of an hour is a warning. None ready is critical: without a scheduler new pods stay pending and nothing says \
              why, without a controller manager nothing that fails is replaced, without an API server nothing works. \
              Usual causes are the node, a new revision that does not start, and an expired certificate. One finding a \
              component.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Pod, Kind::Node],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeAPIDown.md",
    run,
};

const COMPONENTS: [Component; 3] = [
    Component { operator: "kube-apiserver", namespace: "openshift-kube-apiserver", app: "openshift-kube-apiserver" },
    Component {
        operator: "kube-controller-manager",
        namespace: "openshift-kube-controller-manager",
        app: "kube-controller-manager",
    },
    Component { operator: "kube-scheduler", namespace: "openshift-kube-scheduler", app: "openshift-kube-scheduler" },
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for component in &COMPONENTS {
        let Some(members) = component.members(view).filter(|members| members.lost() > 0) else { continue };
        if members.ready() == 0 || view.held(members.since(), thresholds::NOT_READY_HOLD) {
            out.push(finding(view, component, &members));
        }
    }
}

fn finding(view: &View, component: &Component, members: &Members) -> Finding {
    let Component { operator, namespace, app } = component;
    let (ready, all) = (members.ready(), members.wanted);
    let (severity, title) = match ready {
        0 => (Severity::Critical, format!("no {operator} pod is ready")),
        _ => (Severity::Warning, format!("{ready} of {all} {operator} pods are ready")),
    };
    Finding::new(&CHECK, severity, component.operator(), title)
        .since(members.since(), "Pod status.conditions[Ready].lastTransitionTime")
        .fact(format!("Nodes without a ready Pod with label app={app}"), members.nodes())
        .affects(members.unready.iter().map(|pod| pod.reference()))
        .look(format!("oc get pods -n {namespace} -o wide"), "shows its pods, and installer pods of a revision that failed")
        .depends_on(members.causes(view))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    /// Control-plane nodes with a scheduler pod that is ready or not.
    fn cluster(pods: &[&str]) -> String {
        let member = |(i, pod): (usize, &&str)| {
            format!(
                "
            kind: Node
            metadata: {{name: m{i}, creationTimestamp: @9d, labels: {{node-role.kubernetes.io/master: ''}}}}
            status: {{conditions: [{{type: Ready, status: '{pod}', lastTransitionTime: @20m}}]}}
            ---
            kind: Pod
            metadata: {{name: s{i}, namespace: openshift-kube-scheduler, labels: {{app: openshift-kube-scheduler}}}}
            spec: {{nodeName: m{i}}}
            status: {{phase: Running, conditions: [{{type: Ready, status: '{pod}', lastTransitionTime: @20m}}]}}
            ---"
            )
        };
        pods.iter().enumerate().map(member).collect()
    }

    #[test]
    fn one_of_three_is_a_warning_and_none_critical() {
        let found = fires(&CHECK, &cluster(&["True", "False", "True"]), &[
            "warning ClusterOperator kube-scheduler: 2 of 3 kube-scheduler pods are ready (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Node m1");
        fires(&CHECK, &cluster(&["False", "False", "False"]).replace("@20m", "@6m"), &[
            "critical ClusterOperator kube-scheduler: no kube-scheduler pod is ready (since 6m)",
        ]);
    }

    #[test]
    fn a_roll_out_and_a_full_set_are_silent() {
        silent(&CHECK, &cluster(&["True", "False", "True"]).replace("@20m", "@12m"));
        silent(&CHECK, &cluster(&["True", "True", "True"]));
    }
}
