//! Platform certificates that are not renewed in time, as the operators note it beside them.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::config_map::ConfigMap;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "certificate-bundle-expiring",
    title: "A platform certificate is not renewed in time",
    explain: "Reads when the certificates in the platform's ConfigMaps run out, which the operators note in the annotation \
              auth.openshift.io/certificate-not-after; the certificates themselves are not read. They are renewed at four \
              fifths of their life, so it speaks of those that are past nine tenths of it: renewal has stopped. Critical \
              within the last week of a long-lived one, and once it has run out. Secrets carry the same annotation but are \
              not looked at.",
    layer: Layer::ControlPlane,
    needs: &[Kind::ConfigMap],
    uses: &[Kind::ClusterOperator],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/security_and_compliance/certificate-types-and-descriptions",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for map in view.cluster.config_maps.iter() {
        let Some(validity) = map.certificate.as_deref() else { continue };
        let (Some(from), until) = (validity.from, validity.until) else { continue };
        let life = until.since(from);
        let late = view.now.since(from) > life.mul_f64(thresholds::CERTIFICATE_OVERDUE_AT);
        if late && until.since(view.now) < thresholds::CERTIFICATE_SOON {
            out.push(finding(view, map, life));
        }
    }
}

fn finding(view: &View, map: &ConfigMap, life: std::time::Duration) -> Finding {
    let (namespace, name) = (&map.meta.namespace, &map.meta.name);
    let until = map.until().unwrap_or(view.now);
    let left = until.since(view.now);
    let near = left < thresholds::CERTIFICATE_CRITICAL && life > thresholds::CERTIFICATE_SOON;
    let severity = if until <= view.now || near { Severity::Critical } else { Severity::Warning };
    let title = if until <= view.now {
        "its certificate has run out".to_owned()
    } else {
        format!("its certificate runs out in {} and was not renewed", time::short(left))
    };
    Finding::new(&CHECK, severity, map.reference(), title)
        .fact("metadata.annotations[auth.openshift.io/certificate-not-after]", until)
        .look(format!("oc get configmap -n {namespace} {name} -o yaml"), "shows its owner and issuer in the annotations")
        .look("oc get clusteroperators", "shows whether the operator that renews it works")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn bundle(from: &str, until: &str) -> String {
        format!(
            "
        kind: ConfigMap
        metadata:
          name: signer-ca
          namespace: openshift-kube-apiserver
          annotations: {{auth.openshift.io/certificate-not-before: '{from}', auth.openshift.io/certificate-not-after: '{until}'}}
        data: {{ca-bundle.crt: x}}"
        )
    }

    #[test]
    fn late_renewal_is_found_before_the_end() {
        let object = "ConfigMap openshift-kube-apiserver/signer-ca";
        fires(&CHECK, &bundle("2025-12-10T00:00:00Z", "2026-12-08T12:00:00Z"), &[
            &format!("warning {object}: its certificate runs out in 20d and was not renewed"),
        ]);
        fires(&CHECK, &bundle("2025-12-10T00:00:00Z", "2026-11-18T11:00:00Z"), &[
            &format!("critical {object}: its certificate has run out"),
        ]);
    }

    #[test]
    fn short_lives_and_fresh_ones_are_silent() {
        silent(&CHECK, &bundle("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"));
        silent(&CHECK, &bundle("2025-12-10T00:00:00Z", "2027-12-08T12:00:00Z"));
    }
}
