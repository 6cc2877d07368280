//! Ceph that says itself that it is not healthy, or is nearly full.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::ceph_cluster::CephCluster;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-ceph-unhealthy",
    title: "Ceph is not healthy or nearly full",
    explain: "Looks at what a CephCluster (OpenShift Data Foundation, Rook) reports of its own health and capacity. \
              HEALTH_WARN for a quarter of an hour is a warning: data is degraded, a disk or monitor is down, or a limit \
              is near. HEALTH_ERR, and more than 85 percent used, are critical: soon, or already, nothing can be written. \
              The usual causes are a node or disk that is down, clocks that differ, and storage that was never extended. \
              A warning that comes and goes while a node restarts does not count.",
    layer: Layer::Storage,
    needs: &[Kind::CephCluster],
    uses: &[Kind::Node, Kind::Pod],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/openshift-container-storage-operator/CephClusterErrorState.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for ceph in view.cluster.ceph_clusters.iter() {
        let used = ceph.used_percent().filter(|&percent| percent >= thresholds::CEPH_NEARLY_FULL_PERCENT);
        let warned = || view.held(ceph.since, thresholds::CEPH_WARNING_HOLD);
        let found = match (ceph.health.as_str(), used) {
            (_, Some(used)) => Some((Severity::Critical, format!("{used} percent of its storage is used"))),
            ("HEALTH_ERR", _) => Some((Severity::Critical, "Ceph reports an error of its own health".to_owned())),
            ("HEALTH_WARN", _) if warned() => {
                Some((Severity::Warning, "Ceph warns of its own health".to_owned()))
            }
            _ => None,
        };
        out.extend(found.map(|(severity, title)| finding(view, ceph, severity, title)));
    }
}

fn finding(view: &View, ceph: &CephCluster, severity: Severity, title: String) -> Finding {
    let (cli, name, namespace) = (view.cli(), &ceph.meta.name, &ceph.meta.namespace);
    let codes = ceph.details.iter().map(|detail| shown(&detail.code));
    let mut finding = Finding::new(&CHECK, severity, ceph.reference(), title)
        .since(ceph.since, "status.ceph.lastChanged")
        .fact("status.ceph.health", shown(&ceph.health))
        .fact("status.ceph.details", listed(codes))
        .depends_on(view.causes_in(namespace))
        .look(format!("{cli} describe cephcluster {name} -n {namespace}"), "shows every warning in Ceph's own words")
        .look(format!("{cli} get pods -n {namespace} -o wide"), "shows its monitors and disks, and their nodes");
    if let Some(percent) = ceph.used_percent() {
        finding = finding.fact("status.ceph.capacity.bytesUsed of bytesTotal", format!("{percent} %"));
    }
    ceph.details.iter().take(crate::finding::AFFECTED_SHOWN).fold(finding, |finding, detail| {
        finding.untrusted(format!("status.ceph.details[{}].message", shown(&detail.code)), detail.message.as_deref())
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn ceph(health: &str, used: u32) -> String {
        format!(
            "
        kind: CephCluster
        metadata: {{name: ceph, namespace: openshift-storage}}
        status:
          ceph:
            health: {health}
            lastChanged: @30m
            details: {{OSD_DOWN: {{message: 1 osds down, severity: HEALTH_WARN}}}}
            capacity: {{bytesTotal: 100, bytesUsed: {used}}}"
        )
    }

    #[test]
    fn warnings_errors_and_full_storage() {
        fires(&CHECK, &ceph("HEALTH_WARN", 40), &[
            "warning CephCluster openshift-storage/ceph: Ceph warns of its own health (since 30m)",
        ]);
        fires(&CHECK, &ceph("HEALTH_ERR", 40), &[
            "critical CephCluster openshift-storage/ceph: Ceph reports an error of its own health (since 30m)",
        ]);
        fires(&CHECK, &ceph("HEALTH_WARN", 90), &[
            "critical CephCluster openshift-storage/ceph: 90 percent of its storage is used (since 30m)",
        ]);
    }

    #[test]
    fn a_healthy_one_and_a_passing_warning_are_silent() {
        silent(&CHECK, &ceph("HEALTH_OK", 40));
        silent(&CHECK, &ceph("HEALTH_WARN", 40).replace("@30m", "@5m"));
    }
}
