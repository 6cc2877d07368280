//! Jobs: work that ends, well or not.

use std::sync::Arc;

use super::condition::Conditions;
use crate::name::Interner;
use crate::time::Time;

use super::meta::Meta;
use super::pod::Template;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { completions: Option<u32>, suspend: bool, backoff_limit: Option<u32>, template: wire::PodTemplate });
wire::wire_object!(WireStatus {
    active: u32,
    succeeded: u32,
    failed: u32,
    start_time: Option<Time>,
    completion_time: Option<Time>,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct Job {
    pub meta: Meta,
    pub suspended: bool,
    pub template: Arc<Template>,
    pub completions: Option<u32>,
    pub backoff_limit: Option<u32>,
    pub active: u32,
    pub succeeded: u32,
    pub failed: u32,
    pub started: Option<Time>,
    pub completed: Option<Time>,
    pub conditions: Conditions,
}

impl Resource for Job {
    const KIND: Kind = Kind::Job;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            suspended: wire.spec.suspend,
            template: Template::shared(&wire.spec.template.spec, interner),
            completions: wire.spec.completions,
            backoff_limit: wire.spec.backoff_limit,
            active: wire.status.active,
            succeeded: wire.status.succeeded,
            failed: wire.status.failed,
            started: wire.status.start_time,
            completed: wire.status.completion_time,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.suspend", self.suspended)
            .put_some("spec.completions", self.completions)
            .put_some("spec.backoffLimit", self.backoff_limit)
            .put("status.active", self.active)
            .put("status.succeeded", self.succeeded)
            .put("status.failed", self.failed)
            .put_some("status.startTime", self.started)
            .put_some("status.completionTime", self.completed)
            .conditions(&self.conditions)
    }
}
