//! Certificate requests that were refused.

use std::collections::BTreeMap;

use super::request_pending::signer_ref;
use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::certificate_signing_request::CertificateSigningRequest;
use crate::model::{Kind, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "certificate-request-refused",
    title: "Certificate requests were refused",
    explain: "Looks at certificate requests that failed or were denied within the last day. Failed means that the signer could \
              not sign what had been approved: a request that breaks its rules, or a signer without a working certificate \
              authority. Denied means that somebody decided against it, which is information only, except for a kubelet, \
              whose node then has no certificate. A request that was answered by a later one may be left as it is. One \
              finding a signer.",
    layer: Layer::ControlPlane,
    needs: &[Kind::CertificateSigningRequest],
    uses: &[],
    reference: "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut refused: BTreeMap<&Name, Vec<&CertificateSigningRequest>> = BTreeMap::new();
    for request in view.cluster.certificate_signing_requests.iter().filter(|request| request.is_refused()) {
        if view.within(refused_at(request), thresholds::RECENT_REFUSAL) {
            refused.entry(&request.signer).or_default().push(request);
        }
    }
    for (signer, mut requests) in refused {
        requests.put_in_order_by_key(|request| std::cmp::Reverse(refused_at(request)));
        out.push(finding(view, signer, &requests));
    }
}

/// Old API servers do not say when; the request is not younger than its refusal.
fn refused_at(request: &CertificateSigningRequest) -> Option<Time> {
    let condition = request.conditions.get("Failed").or_else(|| request.conditions.get("Denied"));
    condition.and_then(|condition| condition.since).or(request.meta.created)
}

/// `requests` begins with the newest.
fn finding(view: &View, signer: &Name, requests: &[&CertificateSigningRequest]) -> Finding {
    let failed = requests.iter().filter(|request| request.conditions.get("Failed").is_some()).count();
    let matters = failed > 0 || requests.iter().any(|request| request.is_for_kubelet());
    let severity = if matters { Severity::Warning } else { Severity::Info };
    let title = match (failed, requests.len() - failed) {
        (failed, 0) => format!("certificate requests refused within a day: {failed} failed"),
        (0, denied) => format!("certificate requests refused within a day: {denied} denied"),
        (failed, denied) => format!("certificate requests refused within a day: {failed} failed, {denied} denied"),
    };
    let mut finding = Finding::new(&CHECK, severity, signer_ref(signer), title)
        .since(requests.last().and_then(|request| refused_at(request)), "status.conditions[*].lastTransitionTime")
        .fact("spec.signerName", signer)
        .affects(requests.iter().map(|request| request.reference()));
    let Some(newest) = requests.first() else { return finding };
    finding = finding.untrusted("spec.username", Some(&newest.username));
    if let Some(condition) = newest.conditions.get("Failed").or_else(|| newest.conditions.get("Denied")) {
        finding = finding.condition(condition);
    }
    let look = format!("{} describe certificatesigningrequest {}", view.cli(), newest.meta.name);
    finding.look(look, "shows the newest of them, who asked and why it was refused")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn request(signer: &str, condition: &str, at: &str) -> String {
        format!(
            "
            kind: CertificateSigningRequest
            metadata: {{name: a, creationTimestamp: @9d}}
            spec: {{signerName: {signer}, username: 'system:node:w1'}}
            status: {{conditions: [{{type: {condition}, status: 'True', lastTransitionTime: {at}}}]}}"
        )
    }

    #[test]
    fn failed_requests_and_kubelets_denied_are_a_warning() {
        fires(&CHECK, &request("shop.example/signer", "Failed", "@2h"), &[
            "warning Signer shop.example/signer: certificate requests refused within a day: 1 failed (since 2h)",
        ]);
        fires(&CHECK, &request("kubernetes.io/kubelet-serving", "Denied", "@2h"), &[
            "warning Signer kubernetes.io/kubelet-serving: \
             certificate requests refused within a day: 1 denied (since 2h)",
        ]);
    }

    #[test]
    fn a_users_request_denied_is_information() {
        fires(&CHECK, &request("kubernetes.io/kube-apiserver-client", "Denied", "@2h"), &[
            "info Signer kubernetes.io/kube-apiserver-client: \
             certificate requests refused within a day: 1 denied (since 2h)",
        ]);
    }

    #[test]
    fn old_refusals_and_approvals_are_silent() {
        silent(&CHECK, &request("kubernetes.io/kubelet-serving", "Denied", "@2d"));
        silent(&CHECK, &request("kubernetes.io/kubelet-serving", "Approved", "@2h"));
    }
}
