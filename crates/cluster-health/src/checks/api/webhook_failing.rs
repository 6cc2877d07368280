//! Webhooks that the API calls in vain although something answers behind them.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::log_signs::{Sign, sign_of};
use crate::model::{Kind, ObjectRef};
use crate::refusals::{Cause, Refusal, SINCE};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "api-webhook-failing",
    title: "A webhook fails, so the API refuses pods",
    explain: "Reads from controllers whose pods the API refuses which webhook it called in vain, and looks for the \
              configuration that has a webhook of this name while its Service has ready endpoints. Usual causes are a \
              certificate that has expired or that the configuration does not trust, a webhook that does not answer in \
              time, and a policy or firewall between the control plane and its pods. Every new pod it is asked about is \
              refused until it answers. A webhook with nothing behind it is reported as such and not here.",
    layer: Layer::ControlPlane,
    needs: &[Kind::ValidatingWebhookConfiguration, Kind::MutatingWebhookConfiguration],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::Event, Kind::Service],
    reference: "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut failing: BTreeMap<ObjectRef, Vec<&Refusal>> = BTreeMap::new();
    for refusal in view.refusals().values().flatten().filter(|refusal| refusal.cause() == Some(Cause::WebhookFailed)) {
        if let Some(config) = refusal.message.and_then(|message| view.webhook_named_in(message)) {
            failing.entry(config).or_default().push(refusal);
        }
    }
    failing.retain(|config, _| answers(view, config));
    out.extend(failing.into_iter().map(|(config, refusals)| finding(view, config, &refusals)));
}

/// Something is ready behind each of its webhooks.
fn answers(view: &View, config: &ObjectRef) -> bool {
    let mut own = view.webhook_configurations().filter(|(other, _)| other == config).flat_map(|(_, webhooks)| webhooks);
    own.all(|webhook| webhook.service.as_ref().is_none_or(|service| view.silence_of(service).is_none()))
}

fn finding(view: &View, config: ObjectRef, refusals: &[&Refusal]) -> Finding {
    let why = match refusals.iter().find_map(|refusal| sign_of(refusal.message?)) {
        Some(Sign::CertificateExpired) => "its certificate has expired",
        Some(Sign::CertificateNotTrusted) => "its certificate is not trusted",
        Some(Sign::TimedOut) => "it does not answer in time",
        Some(Sign::ConnectionRefused) => "it refuses connections",
        Some(Sign::UnknownHost) => "its host is not found",
        _ => "it cannot be called",
    };
    let cli = view.cli();
    let command = format!("{cli} get {} {} -o yaml", config.kind.to_ascii_lowercase(), config.name);
    Finding::new(&CHECK, Severity::Warning, config, format!("new pods are refused: {why}, by the API's message"))
        .since(refusals.iter().filter_map(|refusal| refusal.since).min(), SINCE)
        .confidence(Confidence::Likely)
        .fact("workloads that lack pods because of it", refusals.len())
        .untrusted("what the API says", refusals.iter().find_map(|refusal| refusal.message))
        .affects(refusals.iter().map(|refusal| refusal.workload.clone()))
        .look(command, "shows its clientConfig with the certificate authority it trusts, its Service and its time limit")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = r#"
        kind: MutatingWebhookConfiguration
        metadata: {name: injector}
        webhooks: [{name: inject.example.com, failurePolicy: Fail, clientConfig: {service: {name: injector, namespace: mesh}}}]
        ---
        kind: Service
        metadata: {name: injector, namespace: mesh, creationTimestamp: @2d}
        spec: {selector: {app: injector}}
        ---
        kind: EndpointSlice
        metadata: {name: injector-1, namespace: mesh, labels: {kubernetes.io/service-name: injector}}
        endpoints: [{conditions: {ready: true}}]
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 2}
        status: {conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, lastTransitionTime: @25m, message: 'Internal error occurred: failed calling webhook "inject.example.com": failed to call webhook: Post "https://injector.mesh.svc:443/inject": tls: failed to verify certificate: x509: certificate has expired or is not yet valid'}]}"#;

    #[test]
    fn a_webhook_that_answers_and_fails_is_named_with_the_reason() {
        fires(&CHECK, SCENE, &[
            "warning MutatingWebhookConfiguration injector: new pods are refused: its certificate has expired, by the API's message (since 25m)",
        ]);
        fires(&CHECK, &SCENE.replace("x509: certificate has expired or is not yet valid", "context deadline exceeded"), &[
            "warning MutatingWebhookConfiguration injector: new pods are refused: it does not answer in time, by the API's message (since 25m)",
        ]);
    }

    #[test]
    fn other_refusals_and_webhooks_with_nothing_behind_them_are_silent() {
        silent(&CHECK, &SCENE.replace("inject.example.com\": failed", "other.example.com\": failed"));
        silent(&CHECK, &SCENE.replace("failed calling webhook", "called webhook"));
        silent(&CHECK, &SCENE.replace("{ready: true}", "{ready: false}"));
        silent(&CHECK, &SCENE.replace("@25m", "@10s"));
    }
}
