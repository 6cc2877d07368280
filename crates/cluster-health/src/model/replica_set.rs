//! ReplicaSets: one revision of a Deployment, and whether its pods may be created.

use std::sync::Arc;

use super::condition::Conditions;
use crate::name::Interner;

use super::meta::Meta;
use super::pod::Template;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { replicas: Option<u32>, template: wire::PodTemplate });
wire::wire_object!(WireStatus { replicas: u32, ready_replicas: u32, available_replicas: u32, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct ReplicaSet {
    pub meta: Meta,
    /// `spec.replicas`, one when not set.
    pub desired: u32,
    pub template: Arc<Template>,
    pub replicas: u32,
    pub ready: u32,
    pub available: u32,
    /// Counts up with each roll-out of the owning Deployment; 0 when it has none.
    pub revision: u64,
    pub conditions: Conditions,
}

impl Resource for ReplicaSet {
    const KIND: Kind = Kind::ReplicaSet;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let revision = wire.metadata.annotations.get("deployment.kubernetes.io/revision");
        let revision = revision.and_then(|text| text.parse().ok()).unwrap_or(0);
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            desired: wire.spec.replicas.unwrap_or(1),
            template: Template::shared(&wire.spec.template.spec, interner),
            replicas: wire.status.replicas,
            ready: wire.status.ready_replicas,
            available: wire.status.available_replicas,
            revision,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.replicas", self.desired)
            .put("status.replicas", self.replicas)
            .put("status.readyReplicas", self.ready)
            .put("status.availableReplicas", self.available)
            .put("metadata.annotations[deployment.kubernetes.io/revision]", self.revision)
            .conditions(&self.conditions)
    }
}
