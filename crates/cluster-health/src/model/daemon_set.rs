//! DaemonSets: a pod on every matching node.

use std::sync::Arc;

use super::labels::Labels;
use crate::name::Interner;
use crate::selector::Selector;

use super::meta::Meta;
use super::pod::Template;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { selector: wire::LabelSelector, template: wire::PodTemplate });
wire::wire_object!(WireStatus {
    observed_generation: Option<i64>,
    desired_number_scheduled: u32,
    current_number_scheduled: u32,
    number_ready: u32,
    number_available: u32,
    number_misscheduled: u32,
    updated_number_scheduled: u32,
});

#[derive(Clone, Debug)]
pub struct DaemonSet {
    pub meta: Meta,
    pub selector: Selector,
    /// Of the pods it makes.
    pub template_labels: Labels,
    pub template: Arc<Template>,
    /// Nodes that should run a pod; zero is normal for sets whose node selector matches none.
    pub desired: u32,
    pub current: u32,
    pub ready: u32,
    pub available: u32,
    pub misscheduled: u32,
    pub updated: u32,
    /// The controller has not acted on the newest spec yet.
    pub unobserved: bool,
}

impl Resource for DaemonSet {
    const KIND: Kind = Kind::DaemonSet;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let unobserved = wire.status.observed_generation < wire.metadata.generation;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            selector: Selector::from_wire(&wire.spec.selector, interner),
            template_labels: Labels::from_wire(&wire.spec.template.metadata.labels, interner),
            template: Template::shared(&wire.spec.template.spec, interner),
            desired: wire.status.desired_number_scheduled,
            current: wire.status.current_number_scheduled,
            ready: wire.status.number_ready,
            available: wire.status.number_available,
            misscheduled: wire.status.number_misscheduled,
            updated: wire.status.updated_number_scheduled,
            unobserved,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.selector", &self.selector)
            .put("status.desiredNumberScheduled", self.desired)
            .put("status.currentNumberScheduled", self.current)
            .put("status.updatedNumberScheduled", self.updated)
            .put("status.numberReady", self.ready)
            .put("status.numberAvailable", self.available)
            .put("status.numberMisscheduled", self.misscheduled)
    }
}
