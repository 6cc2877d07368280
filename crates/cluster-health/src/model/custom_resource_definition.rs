//! CustomResourceDefinitions: whether the API serves them, and what converts between their versions.

use super::condition::Conditions;
use crate::name::{Interner, Name};

use super::meta::Meta;
use super::webhook::{WebhookService, WireService};
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { group: String, conversion: WireConversion, versions: Vec<WireVersion> });
wire::wire_object!(WireVersion { name: String, served: bool });
wire::wire_object!(WireConversion { strategy: String, webhook: Option<WireWebhook> });
wire::wire_object!(WireWebhook { client_config: WireClient });
wire::wire_object!(WireClient { service: Option<WireService> });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition>, stored_versions: Vec<String> });

#[derive(Clone, Debug)]
pub struct CustomResourceDefinition {
    pub meta: Meta,
    pub group: Name,
    /// Names of all versions, those that are served first.
    pub versions: Box<[Name]>,
    pub served: usize,
    /// Versions objects may still be stored in.
    pub stored: Box<[Name]>,
    /// Converts between versions.
    pub converter: Option<WebhookService>,
    pub conditions: Conditions,
}

impl Resource for CustomResourceDefinition {
    const KIND: Kind = Kind::CustomResourceDefinition;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let spec = wire.spec;
        let (served, other): (Vec<_>, Vec<_>) = spec.versions.iter().partition(|version| version.served);
        let conversion = Some(spec.conversion).filter(|conversion| conversion.strategy == "Webhook");
        let service = conversion.and_then(|conversion| conversion.webhook?.client_config.service);
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            group: interner.name(&spec.group),
            served: served.len(),
            versions: served.iter().chain(&other).map(|version| interner.name(&version.name)).collect(),
            stored: wire.status.stored_versions.iter().map(|version| interner.name(version)).collect(),
            converter: service.map(|service| WebhookService::from_wire(&service, interner)),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.versions", self.versions.join(", "))
            .put("status.storedVersions", self.stored.join(", "))
            .put_some("spec.conversion.webhook.clientConfig.service", self.converter.as_ref())
            .conditions(&self.conditions)
    }
}
