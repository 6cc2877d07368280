//! The ClusterVersion: which OpenShift this is, and whether an update runs.

use super::condition::{Conditions, Status, capped};
use crate::name::{Interner, Name};
use crate::time::Time;

use super::kind_name::KindName;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { channel: String, overrides: Vec<WireOverride> });
wire::wire_object!(WireOverride { kind: String, namespace: String, name: String, unmanaged: bool });
wire::wire_object!(WireStatus {
    desired: WireRelease,
    history: Vec<WireUpdate>,
    conditional_updates: Vec<WireConditional>,
    conditions: Vec<wire::Condition>,
});
wire::wire_object!(WireConditional { release: WireRelease, risks: Vec<WireRisk>, conditions: Vec<wire::Condition> });
wire::wire_object!(WireRisk { name: String });
wire::wire_object!(WireRelease { version: String });
wire::wire_object!(WireUpdate {
    state: String,
    version: String,
    started_time: Option<Time>,
    completion_time: Option<Time>,
    accepted_risks: Option<String>,
});

#[derive(Clone, Debug)]
pub struct ClusterVersion {
    pub meta: Meta,
    /// The version the cluster runs or is moving to.
    pub desired: Name,
    pub channel: Name,
    /// Newest first, as the API keeps it.
    pub history: Box<[Update]>,
    /// Updates that are offered with a known risk.
    pub conditional: Box<[ConditionalUpdate]>,
    /// Parts the administrator took out of the version operator's care.
    pub unmanaged: Box<[super::ObjectRef]>,
    pub conditions: Conditions,
}

#[derive(Clone, Debug)]
pub struct Update {
    pub version: Name,
    pub completed: bool,
    pub started: Option<Time>,
    pub finished: Option<Time>,
    /// Untrusted text: what was known against the update when it was begun all the same.
    pub accepted_risks: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub struct ConditionalUpdate {
    pub version: Name,
    pub risks: Box<[Name]>,
    /// `False` when a risk applies to this cluster.
    pub recommended: Status,
}

impl Resource for ClusterVersion {
    const KIND: Kind = Kind::ClusterVersion;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            desired: interner.name(&status.desired.version),
            channel: interner.name(&wire.spec.channel),
            history: status.history.into_iter().map(|update| update_from_wire(update, interner)).collect(),
            conditional: status.conditional_updates.iter().map(|it| conditional_from_wire(it, interner)).collect(),
            unmanaged: wire
                .spec
                .overrides
                .iter()
                .filter(|part| part.unmanaged)
                .map(|part| super::ObjectRef {
                    kind: KindName::read(&part.kind, interner),
                    namespace: interner.name(&part.namespace),
                    name: interner.name(&part.name),
                })
                .collect(),
            conditions: Conditions::from_wire(status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts.put("status.desired.version", &self.desired).put("spec.channel", &self.channel);
        let facts = self.history.iter().take(5).enumerate().fold(facts, |facts, (at, update)| {
            let state = if update.completed { "Completed" } else { "Partial" };
            let started = update.started.map(|time| format!(", started {time}")).unwrap_or_default();
            let finished = update.finished.map(|time| format!(", finished {time}")).unwrap_or_default();
            facts.put(format!("status.history[{at}]"), format!("{} {state}{started}{finished}", update.version))
        });
        let unmanaged: Vec<String> = self.unmanaged.iter().map(ToString::to_string).collect();
        facts.put("spec.overrides", unmanaged.join(", ")).conditions(&self.conditions)
    }
}

impl ClusterVersion {
    /// The update that runs or has stopped half-way.
    pub fn unfinished(&self) -> Option<&Update> {
        self.history.first().filter(|update| !update.completed)
    }

    /// The version that was last installed completely.
    pub fn installed(&self) -> Option<&Update> {
        self.history.iter().find(|update| update.completed)
    }
}

fn conditional_from_wire(wire: &WireConditional, interner: &mut Interner) -> ConditionalUpdate {
    let recommended = wire.conditions.iter().find(|condition| condition.kind == "Recommended");
    ConditionalUpdate {
        version: interner.name(&wire.release.version),
        risks: wire.risks.iter().map(|risk| interner.name(&risk.name)).collect(),
        recommended: recommended.map_or(Status::Unknown, |condition| Status::from_wire(&condition.status)),
    }
}

fn update_from_wire(wire: WireUpdate, interner: &mut Interner) -> Update {
    Update {
        version: interner.name(&wire.version),
        completed: wire.state == "Completed",
        started: wire.started_time,
        finished: wire.completion_time,
        accepted_risks: capped(wire.accepted_risks),
    }
}
