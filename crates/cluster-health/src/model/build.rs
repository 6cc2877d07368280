//! Builds: images made in the cluster.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus {
    phase: String,
    reason: String,
    start_timestamp: Option<Time>,
    completion_timestamp: Option<Time>,
    config: Option<WireConfig>,
});
wire::wire_object!(WireConfig { name: String });

#[derive(Clone, Debug)]
pub struct Build {
    pub meta: Meta,
    /// `New`, `Pending`, `Running`, `Complete`, `Failed`, `Error` or `Cancelled`.
    pub phase: Name,
    /// Such as `PushImageToRegistryFailed`.
    pub reason: Name,
    /// The BuildConfig; empty when it was made by hand.
    pub config: Name,
    pub started: Option<Time>,
    pub completed: Option<Time>,
}

impl Resource for Build {
    const KIND: Kind = Kind::Build;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            phase: interner.name(&status.phase),
            reason: interner.name(&status.reason),
            config: interner.optional(status.config.as_ref().map(|config| config.name.as_str())),
            started: status.start_timestamp,
            completed: status.completion_timestamp,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("status.config.name", &self.config)
            .put("status.phase", &self.phase)
            .put("status.reason", &self.reason)
            .put_some("status.startTimestamp", self.started)
            .put_some("status.completionTimestamp", self.completed)
    }
}
