//! Parts of the platform that were taken out of the version operator's care.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-overrides",
    title: "Parts of OpenShift are unmanaged",
    explain: "Looks at the ClusterVersion's overrides that set unmanaged. The version operator neither repairs nor updates \
              such a part, updates to the next minor version are blocked, and the cluster is outside of support as long \
              as there is one. They are usually left over from debugging, where a Deployment was to keep a changed image \
              or flag. Overrides with unmanaged false do not count.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html/config_apis/clusterversion-config-openshift-io-v1",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter().filter(|version| !version.unmanaged.is_empty()) {
        let title = match version.unmanaged.len() {
            1 => "one part of OpenShift is unmanaged; it is neither repaired nor updated".to_owned(),
            count => format!("{count} parts of OpenShift are unmanaged; they are neither repaired nor updated"),
        };
        let finding = Finding::new(&CHECK, Severity::Warning, version.reference(), title)
            .fact("spec.overrides[*].unmanaged", version.unmanaged.len())
            .affects(version.unmanaged.iter().cloned())
            .look("oc get clusterversion version -o jsonpath='{.spec.overrides}'", "lists the overrides")
            .change(
                "oc patch clusterversion version --type=merge -p '{\"spec\":{\"overrides\":null}}'",
                "gives all parts back to the version operator",
                "what was changed by hand in these parts is set back at once, also if it works around a fault",
            );
        out.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const OVERRIDDEN: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        spec:
          overrides:
          - {kind: Deployment, group: apps, namespace: openshift-console, name: console, unmanaged: true}";

    #[test]
    fn an_unmanaged_part_is_named() {
        let found = fires(&CHECK, OVERRIDDEN, &[
            "warning ClusterVersion version: one part of OpenShift is unmanaged; it is neither repaired nor updated",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "Deployment openshift-console/console");
    }

    #[test]
    fn an_override_that_leaves_the_part_managed_is_silent() {
        silent(&CHECK, &OVERRIDDEN.replace("true", "false"));
    }
}
