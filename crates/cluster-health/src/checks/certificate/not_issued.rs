//! Certificates that cert-manager could not issue, or did not renew.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::certificate::Certificate;
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "certificate-not-issued",
    title: "A certificate was not issued or not renewed",
    explain: "Looks at Certificates of cert-manager: those whose condition Ready has been False for half an hour, and those \
              whose time of renewal passed a day ago. The condition's reason says how far it came; the usual causes are an \
              issuer that is missing or not ready, a challenge that cannot be answered from outside, and limits of the \
              authority. Until it runs out the old certificate is served. Critical when it has run out.",
    layer: Layer::Service,
    needs: &[Kind::Certificate],
    uses: &[],
    reference: "https://cert-manager.io/docs/troubleshooting/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for certificate in view.cluster.certificates.iter() {
        let not_ready = certificate.conditions.having("Ready", Status::False);
        let lasting = not_ready.filter(|it| view.held(it.since, thresholds::ISSUE_HOLD));
        let late = certificate.renewal.is_some_and(|due| view.now.since(due) > thresholds::RENEWAL_HOLD);
        if lasting.is_some() || late {
            out.push(finding(view, certificate));
        }
    }
}

fn finding(view: &View, certificate: &Certificate) -> Finding {
    let (cli, namespace, name) = (view.cli(), &certificate.meta.namespace, &certificate.meta.name);
    let expired = certificate.until.is_some_and(|until| until <= view.now);
    let not_ready = certificate.conditions.having("Ready", Status::False);
    let title = match (expired, certificate.until, not_ready) {
        (true, ..) => "has run out",
        (_, None, _) => "was never issued",
        (_, _, Some(_)) => "is not what it should be, and was not issued anew",
        _ => "was due to be renewed and was not",
    };
    let severity = if expired { Severity::Critical } else { Severity::Warning };
    let mut finding = Finding::new(&CHECK, severity, certificate.reference(), title)
        .fact("spec.issuerRef", format!("{} {}", certificate.issuer_kind, certificate.issuer))
        .look(format!("{cli} describe certificate -n {namespace} {name}"), "shows its condition and events")
        .look(format!("{cli} get certificaterequests,orders,challenges -n {namespace}"), "shows at which step it hangs");
    if let Some(not_ready) = not_ready {
        finding = finding.since(not_ready.since, "status.conditions[Ready].lastTransitionTime").condition(not_ready);
    }
    if let Some(until) = certificate.until {
        finding = finding.fact("status.notAfter", until);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const PENDING: &str = "
        kind: Certificate
        metadata: {name: web, namespace: shop}
        spec: {secretName: web-tls, issuerRef: {kind: ClusterIssuer, name: letters}}
        status: {conditions: [{type: Ready, status: 'False', reason: DoesNotExist, lastTransitionTime: @2h}]}";

    #[test]
    fn never_issued_and_run_out_are_told_apart() {
        fires(&CHECK, PENDING, &["warning Certificate shop/web: was never issued (since 2h)"]);
        fires(&CHECK, &PENDING.replace("status: {cond", "status: {notAfter: '2026-11-18T11:00:00Z', cond"), &[
            "critical Certificate shop/web: has run out (since 2h)",
        ]);
        let late = "
        kind: Certificate
        metadata: {name: web, namespace: shop}
        status: {notAfter: '2026-12-18T11:00:00Z', renewalTime: @3d, conditions: [{type: Ready, status: 'True'}]}";
        fires(&CHECK, late, &["warning Certificate shop/web: was due to be renewed and was not"]);
        silent(&CHECK, &late.replace("@3d", "@3h"));
    }

    #[test]
    fn what_is_just_being_issued_is_silent() {
        silent(&CHECK, &PENDING.replace("@2h", "@9m"));
        silent(&CHECK, &PENDING.replace("'False'", "'True'"));
    }
}
