//! MutatingWebhookConfigurations: who is asked before the API takes a change, and may alter it.

use crate::name::Interner;

use super::meta::Meta;
use super::webhook::{self, Webhook, WireWebhook};
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, webhooks: Vec<WireWebhook> });

#[derive(Clone, Debug)]
pub struct MutatingWebhookConfiguration {
    pub meta: Meta,
    pub webhooks: Box<[Webhook]>,
}

impl Resource for MutatingWebhookConfiguration {
    const KIND: Kind = Kind::MutatingWebhookConfiguration;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self { webhooks: Webhook::all(&wire.webhooks, interner), meta: Meta::from_wire(&wire.metadata, interner) }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        webhook::facts(&self.webhooks, facts)
    }
}
