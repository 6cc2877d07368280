//! Deployments: how many replicas are wanted, current and available, and whether the roll-out moves.

use std::sync::Arc;

use super::condition::Conditions;
use super::labels::Labels;
use crate::name::Interner;
use crate::selector::Selector;

use super::meta::Meta;
use super::pod::Template;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    replicas: Option<u32>,
    paused: bool,
    selector: wire::LabelSelector,
    template: wire::PodTemplate,
    progress_deadline_seconds: Option<u32>,
});
wire::wire_object!(WireStatus {
    observed_generation: Option<i64>,
    replicas: u32,
    updated_replicas: u32,
    ready_replicas: u32,
    available_replicas: u32,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct Deployment {
    pub meta: Meta,
    /// `spec.replicas`, one when not set.
    pub desired: u32,
    pub paused: bool,
    pub selector: Selector,
    /// Of the pods it makes.
    pub template_labels: Labels,
    pub template: Arc<Template>,
    pub replicas: u32,
    pub updated: u32,
    pub ready: u32,
    pub available: u32,
    /// The controller has not acted on the newest spec yet.
    pub unobserved: bool,
    pub conditions: Conditions,
}

impl Resource for Deployment {
    const KIND: Kind = Kind::Deployment;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let unobserved = wire.status.observed_generation < wire.metadata.generation;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            desired: wire.spec.replicas.unwrap_or(1),
            paused: wire.spec.paused,
            selector: Selector::from_wire(&wire.spec.selector, interner),
            template_labels: Labels::from_wire(&wire.spec.template.metadata.labels, interner),
            template: Template::shared(&wire.spec.template.spec, interner),
            replicas: wire.status.replicas,
            updated: wire.status.updated_replicas,
            ready: wire.status.ready_replicas,
            available: wire.status.available_replicas,
            unobserved,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.replicas", self.desired)
            .put("spec.paused", self.paused)
            .put("spec.selector", &self.selector)
            .put("status.replicas", self.replicas)
            .put("status.updatedReplicas", self.updated)
            .put("status.readyReplicas", self.ready)
            .put("status.availableReplicas", self.available)
            .conditions(&self.conditions)
    }
}
