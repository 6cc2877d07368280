//! Kinds whose versions cannot be converted, because nothing answers behind the conversion webhook.

use crate::backing_services::Silence;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::custom_resource_definition::CustomResourceDefinition;
use crate::model::webhook::WebhookService;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "api-conversion-webhook-down",
    title: "Nothing answers behind a conversion webhook",
    explain: "Looks at CustomResourceDefinitions with several versions that a webhook converts. When nothing is ready behind \
              its Service, objects stored in another version than the one asked for can neither be read nor written, and \
              whatever lists all kinds stops at this one: garbage collection, the deletion of namespaces, backups. The \
              usual cause is an operator that is down or was removed without its definitions. Critical, since the damage \
              reaches beyond the kind itself.",
    layer: Layer::Admission,
    needs: &[Kind::CustomResourceDefinition, Kind::Service, Kind::EndpointSlice],
    uses: &[Kind::Namespace, Kind::Pod, Kind::Deployment],
    reference: "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for definition in view.cluster.custom_resource_definitions.iter().filter(|it| it.versions.len() > 1) {
        let Some(service) = &definition.converter else { continue };
        if let Some(silence) = view.silence_of(service) {
            out.push(finding(view, definition, service, silence));
        }
    }
}

fn finding(view: &View, definition: &CustomResourceDefinition, service: &WebhookService, silence: Silence) -> Finding {
    let name = &definition.meta.name;
    let title = format!("its versions cannot be converted: {}", silence.why);
    let finding = Finding::new(&CHECK, Severity::Critical, definition.reference(), title)
        .since(silence.since, "readiness of the pods behind its Service, or their workload's")
        .fact("spec.conversion.webhook.clientConfig.service", service)
        .fact("spec.versions", definition.versions.join(", "))
        .fact("status.storedVersions", definition.stored.join(", "))
        .depends_on(silence.causes);
    view.look_behind(service, finding)
        .look(format!("{} get {} -A", view.cli(), shown(name)), "shows whether its objects can be listed")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = "
        kind: Namespace
        metadata: {name: shop}
        ---
        kind: CustomResourceDefinition
        metadata: {name: carts.shop.example}
        spec:
          group: shop.example
          versions: [{name: v1, served: true}, {name: v1beta1, served: true}]
          conversion: {strategy: Webhook, webhook: {clientConfig: {service: {namespace: shop, name: convert}}}}
        ---
        kind: Service
        metadata: {name: other, namespace: shop}";

    #[test]
    fn a_service_that_is_gone_stops_the_kind() {
        fires(&CHECK, SCENE, &[
            "critical CustomResourceDefinition carts.shop.example: its versions cannot be converted: its Service does not exist",
        ]);
        fires(&CHECK, &SCENE.replace("metadata: {name: shop}", "metadata: {name: x}"), &[
            "critical CustomResourceDefinition carts.shop.example: its versions cannot be converted: its namespace does not exist",
        ]);
    }

    #[test]
    fn one_version_or_no_webhook_needs_no_conversion() {
        silent(&CHECK, &SCENE.replace(", {name: v1beta1, served: true}", ""));
        silent(&CHECK, &SCENE.replace("strategy: Webhook", "strategy: None"));
        silent(&CHECK, &(SCENE.replace("name: other, namespace", "name: convert, namespace") + "
        ---
        kind: EndpointSlice
        metadata: {name: a, namespace: shop, labels: {kubernetes.io/service-name: convert}}
        endpoints: [{conditions: {ready: true}}]"));
    }
}
