//! Certificates that the machine config operator brings to every node, before they run out.

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::controller_config::BundledCertificate;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time::{self, Time};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-certificate-expiring",
    title: "Certificates that nodes are given run out",
    explain: "Looks at the certificates in the ControllerConfig, which the machine config operator writes to every node, such \
              as those kubelets trust the API by. It speaks of bundles in which every certificate runs out within 30 days, \
              since a bundle keeps old certificates beside new ones. They are renewed in time by themselves unless a pool is \
              paused or degraded, so that nodes do not get what was renewed. Critical within a week, and once they have run \
              out: kubelets can then not reach the API.",
    layer: Layer::ControlPlane,
    needs: &[Kind::ControllerConfig],
    uses: &[Kind::MachineConfigPool],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/machine-config-operator/MachineConfigControllerPausedPoolKubeletCA.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for config in view.cluster.controller_configs.iter() {
        let mut bundles: Vec<&str> = config.certificates.iter().map(|it| &*it.bundle).collect();
        bundles.put_in_order();
        bundles.dedup();
        for bundle in bundles {
            let own = config.certificates.iter().filter(|it| *it.bundle == *bundle);
            let last = own.filter_map(|it| Some((it.until?, it))).max_by_key(|(until, _)| *until);
            let Some((until, certificate)) = last else { continue };
            if until.since(view.now) < thresholds::CERTIFICATE_SOON && is_old(view, certificate, until) {
                out.push(finding(view, config.reference(), bundle, certificate, until));
                // One finding stands for all of them: they are renewed together.
                break;
            }
        }
    }
}

/// Short-lived ones are renewed at four fifths of their life.
fn is_old(view: &View, certificate: &BundledCertificate, until: Time) -> bool {
    certificate.from.is_none_or(|from| view.now.since(from) > until.since(from).mul_f64(thresholds::CERTIFICATE_RENEWED_AT))
}

fn finding(view: &View, object: crate::model::ObjectRef, bundle: &str, certificate: &BundledCertificate, until: Time) -> Finding {
    let left = until.since(view.now);
    let severity = if left < thresholds::CERTIFICATE_CRITICAL { Severity::Critical } else { Severity::Warning };
    let bundle = crate::pod_trouble::shown(bundle);
    let title = if until <= view.now {
        format!("the certificates of {bundle} have run out")
    } else {
        format!("the certificates of {bundle} run out in {}", time::short(left))
    };
    let paused = view.cluster.machine_config_pools.iter().filter(|pool| pool.paused).map(Resource::reference);
    Finding::new(&CHECK, severity, object, title)
        .fact("status.controllerCertificates[*].notAfter", until)
        .untrusted("status.controllerCertificates[*].subject", Some(&certificate.subject))
        .depends_on(paused)
        .overdue()
        .look("oc get mcp", "shows pools that are paused or degraded and do not get what was renewed")
        .look("oc get controllerconfig machine-config-controller -o jsonpath='{.status.controllerCertificates}'", "lists all of them")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn config(first: &str, second: &str) -> String {
        format!(
            "
        kind: ControllerConfig
        metadata: {{name: machine-config-controller}}
        status:
          controllerCertificates:
          - {{subject: CN=a, bundleFile: KubeAPIServerServingCAData, notBefore: '2025-12-01T00:00:00Z', notAfter: '{first}'}}
          - {{subject: CN=b, bundleFile: KubeAPIServerServingCAData, notBefore: '2025-12-01T00:00:00Z', notAfter: '{second}'}}"
        )
    }

    #[test]
    fn a_bundle_is_as_good_as_its_newest() {
        let object = "ControllerConfig machine-config-controller";
        fires(&CHECK, &config("2026-11-01T00:00:00Z", "2026-12-08T12:00:00Z"), &[
            &format!("warning {object}: the certificates of KubeAPIServerServingCAData run out in 20d"),
        ]);
        fires(&CHECK, &config("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), &[
            &format!("critical {object}: the certificates of KubeAPIServerServingCAData have run out"),
        ]);
    }

    #[test]
    fn renewed_and_young_ones_are_silent() {
        silent(&CHECK, &config("2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z"));
        silent(&CHECK, &config("2026-11-01T00:00:00Z", "2026-12-08T12:00:00Z").replace("2025-12-01", "2026-11-17"));
    }
}
