//! OpenShift Data Foundation that does not come up.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::storage_cluster::StorageCluster;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-storage-cluster-unready",
    title: "OpenShift Data Foundation is not ready",
    explain: "Looks at the StorageCluster of OpenShift Data Foundation: phase Error, or a condition Available that is \
              False or Degraded that is True, for half an hour. Storage that is there usually goes on, but nothing is \
              repaired, extended or upgraded. The usual causes are Ceph that is not healthy, disks or nodes that are \
              missing, and an operator that does not run. Progressing during installation, extension and upgrade does not \
              count, nor does a cluster that is told to be ignored.",
    layer: Layer::Storage,
    needs: &[Kind::StorageCluster],
    uses: &[Kind::CephCluster, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/red_hat_openshift_data_foundation/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for cluster in view.cluster.storage_clusters.iter() {
        let away = cluster.conditions.having("Available", Status::False);
        let degraded = cluster.conditions.having("Degraded", Status::True);
        let condition = away.or(degraded);
        let is_bad = cluster.phase == "Error" || (condition.is_some() && cluster.phase != "Ignored");
        let since = condition.and_then(|condition| condition.since);
        if is_bad && view.held(since, thresholds::OPERAND_HOLD) {
            out.push(finding(view, cluster).since(since, "status.conditions[Available or Degraded].lastTransitionTime"));
        }
    }
}

fn finding(view: &View, cluster: &StorageCluster) -> Finding {
    let (cli, name, namespace) = (view.cli(), &cluster.meta.name, &cluster.meta.namespace);
    let title = match cluster.phase.as_str() {
        "Error" => "OpenShift Data Foundation is in error",
        _ => "OpenShift Data Foundation is not available or degraded",
    };
    let ceph = view.cluster.ceph_clusters.in_namespace(namespace).map(Resource::reference);
    let finding = Finding::new(&CHECK, Severity::Warning, cluster.reference(), title)
        .fact("status.phase", shown(&cluster.phase))
        .depends_on(ceph)
        .depends_on(view.causes_in(namespace))
        .look(format!("{cli} describe storagecluster {name} -n {namespace}"), "shows what its operator says")
        .look(format!("{cli} get pods -n {namespace} -o wide"), "shows its pods and their nodes");
    let conditions = [cluster.conditions.having("Available", Status::False), cluster.conditions.having("Degraded", Status::True)];
    conditions.into_iter().flatten().fold(finding, |finding, condition| finding.condition(condition))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn storage(phase: &str, available: &str) -> String {
        format!(
            "
        kind: StorageCluster
        metadata: {{name: ocs, namespace: openshift-storage}}
        status: {{phase: {phase}, conditions: [{{type: Available, status: '{available}', lastTransitionTime: @1h}}]}}
        ---
        kind: CephCluster
        metadata: {{name: ceph, namespace: openshift-storage}}"
        )
    }

    #[test]
    fn one_that_is_not_available() {
        let found = fires(&CHECK, &storage("Error", "False"), &[
            "warning StorageCluster openshift-storage/ocs: OpenShift Data Foundation is in error (since 1h)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "CephCluster openshift-storage/ceph");
        fires(&CHECK, &storage("Progressing", "False"), &[
            "warning StorageCluster openshift-storage/ocs: OpenShift Data Foundation is not available or degraded (since 1h)",
        ]);
    }

    #[test]
    fn a_ready_an_ignored_and_a_young_one_are_silent() {
        silent(&CHECK, &storage("Ready", "True"));
        silent(&CHECK, &storage("Ignored", "False"));
        silent(&CHECK, &storage("Progressing", "False").replace("@1h", "@10m"));
    }
}
