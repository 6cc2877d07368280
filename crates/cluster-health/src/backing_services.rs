//! Services that the API server itself calls, for admission and conversion, and whether they can answer.

use crate::finding::Finding;
use crate::model::webhook::{Webhook, WebhookService};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::shown;
use crate::time::Time;
use crate::view::View;

/// Why nothing answers behind a Service the API server calls.
#[derive(Debug)]
pub struct Silence {
    /// In a few words, without a subject.
    pub why: &'static str,
    pub since: Option<Time>,
    /// What would explain it.
    pub causes: Vec<ObjectRef>,
}

impl View<'_> {
    /// Nothing when the Service answers, or it cannot be told.
    pub fn silence_of(&self, called: &WebhookService) -> Option<Silence> {
        let WebhookService { namespace, name, .. } = called;
        let Some(service) = self.cluster.services.get(namespace, name) else {
            let gone = self.is_absent(Kind::Namespace, "", namespace);
            let absent = gone || self.is_absent(Kind::Service, namespace, name);
            let why = if gone { "its namespace does not exist" } else { "its Service does not exist" };
            return absent.then(|| Silence { why, since: None, causes: Vec::new() });
        };
        if !self.is_unserved(service) {
            return None;
        }
        let (pods, workloads) = (self.pods_behind(service), self.workloads_behind(service));
        if !self.is_long_unserved(&pods, &workloads) {
            return None;
        }
        let mut causes = self.causes_behind(service, &pods);
        causes.insert(0, service.reference());
        let why = if self.are_scaled_to_zero(&workloads) {
            "what answers is scaled to zero"
        } else {
            "nothing behind its Service is ready"
        };
        Some(Silence { why, since: self.unserved_since(&pods, &workloads), causes })
    }

    /// Configurations of admission webhooks, those that may only refuse first.
    pub fn webhook_configurations(&self) -> impl Iterator<Item = (ObjectRef, &[Webhook])> {
        let validating = self.cluster.validating_webhook_configurations.iter();
        let validating = validating.map(|it| (it.reference(), &*it.webhooks));
        let mutating = self.cluster.mutating_webhook_configurations.iter();
        validating.chain(mutating.map(|it| (it.reference(), &*it.webhooks)))
    }

    /// Webhook configurations of which some webhook refuses new pods because nothing answers.
    pub fn webhooks_refusing_pods(&self) -> Vec<ObjectRef> {
        let refuses = |webhooks: &[Webhook]| {
            let mut asked = webhooks.iter().filter(|webhook| webhook.fails_closed && webhook.sees_new_pods());
            asked.any(|webhook| webhook.service.as_ref().is_some_and(|service| self.silence_of(service).is_some()))
        };
        self.webhook_configurations().filter(|(_, webhooks)| refuses(webhooks)).map(|(object, _)| object).collect()
    }

    /// Definitions of kinds that cannot be converted: whoever has to list all kinds fails at them.
    pub fn definitions_without_converter(&self) -> Vec<ObjectRef> {
        let definitions = self.cluster.custom_resource_definitions.iter();
        let broken = definitions.filter(|it| {
            it.versions.len() > 1 && it.converter.as_ref().is_some_and(|it| self.silence_of(it).is_some())
        });
        broken.map(Resource::reference).collect()
    }

    /// Adds looks at the pods and endpoints behind a called Service.
    pub fn look_behind(&self, called: &WebhookService, finding: Finding) -> Finding {
        let (cli, namespace, name) = (self.cli(), shown(&called.namespace), shown(&called.name));
        finding
            .look(
                format!("{cli} get service,endpoints -n {namespace} {name}"),
                "shows whether anything is ready to answer",
            )
            .look(format!("{cli} get pods -n {namespace} -o wide"), "shows the pods that should answer")
    }
}
