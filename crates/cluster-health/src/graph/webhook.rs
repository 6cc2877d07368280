//! From what asks a webhook to the Service that answers: admission configurations and definitions that convert.

use crate::model::webhook::WebhookService;
use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

/// `webhooks[*].clientConfig.service`
pub(super) fn admission_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let webhooks =
        view.webhook_configurations().filter(|(config, _)| config == object).flat_map(|(_, webhooks)| webhooks);
    webhooks.filter_map(|webhook| webhook.service.as_ref()).for_each(|service| answered_by(service, edges));
}

/// `spec.conversion.webhook.clientConfig.service`
pub(super) fn conversion_edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let definition = view.cluster.custom_resource_definitions.get("", &object.name);
    definition.and_then(|it| it.converter.as_ref()).into_iter().for_each(|service| answered_by(service, edges));
}

fn answered_by(service: &WebhookService, edges: &mut Edges) {
    edges.put(Via::AnsweredBy, ObjectRef::new(Kind::Service, &service.namespace, &service.name));
}
