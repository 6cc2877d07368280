//! DeploymentConfigs: OpenShift's older way to roll out replicas.

use std::sync::Arc;

use super::condition::Conditions;
use super::labels::Labels;
use crate::name::Interner;

use super::meta::Meta;
use super::pod::Template;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { replicas: u32, paused: bool, template: wire::PodTemplate });
wire::wire_object!(WireStatus {
    replicas: u32,
    available_replicas: u32,
    latest_version: u64,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct DeploymentConfig {
    pub meta: Meta,
    pub desired: u32,
    pub paused: bool,
    /// Of the pods it makes.
    pub template_labels: Labels,
    pub template: Arc<Template>,
    pub replicas: u32,
    pub available: u32,
    /// Counts up with each roll-out; 0 before the first.
    pub revision: u64,
    pub conditions: Conditions,
}

impl Resource for DeploymentConfig {
    const KIND: Kind = Kind::DeploymentConfig;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            desired: wire.spec.replicas,
            paused: wire.spec.paused,
            template_labels: Labels::from_wire(&wire.spec.template.metadata.labels, interner),
            template: Template::shared(&wire.spec.template.spec, interner),
            replicas: wire.status.replicas,
            available: wire.status.available_replicas,
            revision: wire.status.latest_version,
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
            .put("status.replicas", self.replicas)
            .put("status.availableReplicas", self.available)
            .put("status.latestVersion", self.revision)
            .conditions(&self.conditions)
    }
}
