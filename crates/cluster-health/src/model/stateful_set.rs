//! StatefulSets: ordered replicas, each with its own claims.

use std::sync::Arc;

use super::labels::Labels;
use crate::name::{Interner, Name};
use crate::selector::Selector;

use super::meta::Meta;
use super::pod::Template;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    replicas: Option<u32>,
    selector: wire::LabelSelector,
    template: wire::PodTemplate,
    service_name: String,
    pod_management_policy: String,
    ordinals: WireOrdinals,
});
wire::wire_object!(WireOrdinals { start: u32 });
wire::wire_object!(WireStatus {
    observed_generation: Option<i64>,
    replicas: u32,
    ready_replicas: u32,
    updated_replicas: u32,
    current_revision: String,
    update_revision: String,
});

#[derive(Clone, Debug)]
pub struct StatefulSet {
    pub meta: Meta,
    /// `spec.replicas`, one when not set.
    pub desired: u32,
    pub selector: Selector,
    /// Of the pods it makes.
    pub template_labels: Labels,
    pub template: Arc<Template>,
    pub service_name: Name,
    /// Pods start one after the other, so that one that never becomes ready holds up the rest.
    pub ordered: bool,
    /// `spec.ordinals.start`: the number of the first replica, nearly always zero.
    pub first_ordinal: u32,
    pub replicas: u32,
    pub ready: u32,
    pub updated: u32,
    pub current_revision: Name,
    pub update_revision: Name,
    /// The controller has not acted on the newest spec yet.
    pub unobserved: bool,
}

impl Resource for StatefulSet {
    const KIND: Kind = Kind::StatefulSet;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let unobserved = wire.status.observed_generation < wire.metadata.generation;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            desired: wire.spec.replicas.unwrap_or(1),
            selector: Selector::from_wire(&wire.spec.selector, interner),
            template_labels: Labels::from_wire(&wire.spec.template.metadata.labels, interner),
            template: Template::shared(&wire.spec.template.spec, interner),
            service_name: interner.name(&wire.spec.service_name),
            ordered: wire.spec.pod_management_policy != "Parallel",
            first_ordinal: wire.spec.ordinals.start,
            replicas: wire.status.replicas,
            ready: wire.status.ready_replicas,
            updated: wire.status.updated_replicas,
            current_revision: interner.name(&wire.status.current_revision),
            update_revision: interner.name(&wire.status.update_revision),
            unobserved,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.replicas", self.desired)
            .put("spec.selector", &self.selector)
            .put("spec.serviceName", &self.service_name)
            .put("spec.podManagementPolicy", if self.ordered { "OrderedReady" } else { "Parallel" })
            .put("status.replicas", self.replicas)
            .put("status.readyReplicas", self.ready)
            .put("status.updatedReplicas", self.updated)
            .put("status.currentRevision", &self.current_revision)
            .put("status.updateRevision", &self.update_revision)
    }
}
