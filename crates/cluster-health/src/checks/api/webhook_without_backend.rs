//! Admission webhooks behind which nothing answers.

use crate::backing_services::Silence;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::webhook::{Webhook, WebhookService};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::shown;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "api-webhook-without-backend",
    title: "Nothing answers behind an admission webhook",
    explain: "Looks at the Services that validating and mutating webhooks are called through. When nothing is ready behind \
              one, or it does not exist, every request it should be asked about fails (failurePolicy Fail), or passes \
              unchecked after a delay (Ignore). A webhook that is asked about new pods and fails closed stops every start \
              of a pod, also of those that would mend it. Usual causes are an operator that was removed and left its \
              configuration behind, and pods that are down. Critical when new pods everywhere, or all kinds, are refused.",
    layer: Layer::Admission,
    needs: &[Kind::ValidatingWebhookConfiguration, Kind::Service, Kind::EndpointSlice],
    uses: &[Kind::MutatingWebhookConfiguration, Kind::Namespace, Kind::Pod, Kind::Deployment],
    reference: "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(view.webhook_configurations().filter_map(|(config, webhooks)| examine(view, config, webhooks)));
}

/// One finding a configuration: about the Service behind its worst webhook.
fn examine(view: &View, config: ObjectRef, webhooks: &[Webhook]) -> Option<Finding> {
    let silent = webhooks.iter().filter_map(|webhook| {
        let service = webhook.service.as_ref()?;
        Some((webhook, service, view.silence_of(service)?))
    });
    let silent: Vec<_> = silent.collect();
    let (worst, service, silence) = silent.iter().max_by_key(|(webhook, ..)| severity(webhook))?;
    let same = silent.iter().filter(|(_, other, _)| other == service).map(|(webhook, ..)| shown(&webhook.name));
    Some(finding(view, config, worst, service, silence).fact("webhooks[*].name", listed(same)))
}

fn severity(webhook: &Webhook) -> Severity {
    match (webhook.fails_closed, webhook.sees_new_pods() && !webhook.is_selective) {
        (true, true) => Severity::Critical,
        _ => Severity::Warning,
    }
}

fn finding(view: &View, config: ObjectRef, webhook: &Webhook, service: &WebhookService, silence: &Silence) -> Finding {
    let effect = match (webhook.fails_closed, webhook.sees_new_pods()) {
        (true, true) if webhook.is_selective => "new pods it selects are refused",
        (true, true) => "every new pod is refused",
        (true, false) => "what it is asked about is refused",
        (false, _) => "requests pass unchecked, after a delay",
    };
    let finding = Finding::new(&CHECK, severity(webhook), config, format!("{effect}: {}", silence.why))
        .since(silence.since, "readiness of the pods behind its Service, or their workload's")
        .fact("webhooks[*].clientConfig.service", service)
        .fact("webhooks[*].failurePolicy", if webhook.fails_closed { "Fail" } else { "Ignore" })
        .fact("webhooks[*].rules", webhook.asked_about())
        .fact("webhooks[*].timeoutSeconds", webhook.timeout_seconds)
        .depends_on(silence.causes.iter().cloned());
    view.look_behind(service, finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = "
        kind: Namespace
        metadata: {name: policy}
        ---
        kind: ValidatingWebhookConfiguration
        metadata: {name: policy}
        webhooks:
        - name: pods.policy.example
          clientConfig: {service: {namespace: policy, name: policy}}
          failurePolicy: Fail
          rules: [{apiGroups: [''], operations: [CREATE], resources: [pods]}]
        - {name: other.policy.example, clientConfig: {url: 'https://policy.example'}, failurePolicy: Fail}
        ---
        kind: Service
        metadata: {name: policy, namespace: policy}
        spec: {selector: {app: policy}, ports: [{port: 443}]}
        ---
        kind: Deployment
        metadata: {name: policy, namespace: policy}
        spec: {replicas: 1, template: {metadata: {labels: {app: policy}}}}
        status: {conditions: [{type: Available, status: 'False', lastTransitionTime: @20m}]}
        ---
        kind: EndpointSlice
        metadata: {name: policy-1, namespace: policy, labels: {kubernetes.io/service-name: policy}}
        endpoints: [{conditions: {ready: false}}]";

    #[test]
    fn one_that_fails_closed_and_sees_every_pod_is_critical() {
        let found = fires(&CHECK, SCENE, &[
            "critical ValidatingWebhookConfiguration policy: every new pod is refused: nothing behind its Service is ready (since 20m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["Service policy/policy", "Deployment policy/policy"]);
    }

    #[test]
    fn narrow_ones_and_those_that_let_pass_are_a_warning() {
        fires(&CHECK, &SCENE.replacen("failurePolicy: Fail", "failurePolicy: Ignore", 1), &[
            "warning ValidatingWebhookConfiguration policy: requests pass unchecked, after a delay: nothing behind its Service is ready (since 20m)",
        ]);
        fires(&CHECK, &SCENE.replace("resources: [pods]", "resources: [secrets]"), &[
            "warning ValidatingWebhookConfiguration policy: what it is asked about is refused: nothing behind its Service is ready (since 20m)",
        ]);
    }

    #[test]
    fn an_operator_that_was_removed_leaves_nothing_to_call() {
        let removed = SCENE.replace("kind: Service\n        metadata: {name: policy,", "kind: Service\n        metadata: {name: other,");
        fires(&CHECK, &removed, &[
            "critical ValidatingWebhookConfiguration policy: every new pod is refused: its Service does not exist",
        ]);
    }

    #[test]
    fn answers_and_short_restarts_are_silent() {
        silent(&CHECK, &SCENE.replace("ready: false", "ready: true"));
        silent(&CHECK, &SCENE.replace("@20m", "@1m"));
    }
}
