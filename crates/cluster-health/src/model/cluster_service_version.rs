//! ClusterServiceVersions: operators installed through the Operator Lifecycle Manager.

use super::condition::capped;
use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { version: String, replaces: String, install: WireInstall });
wire::wire_object!(WireInstall { spec: WireStrategy });
wire::wire_object!(WireStrategy { deployments: Vec<WireDeployment> });
wire::wire_object!(WireDeployment { name: String });
wire::wire_object!(WireStatus {
    phase: String,
    reason: String,
    message: Option<String>,
    last_transition_time: Option<Time>,
    last_update_time: Option<Time>,
});

#[derive(Clone, Debug)]
pub struct ClusterServiceVersion {
    pub meta: Meta,
    pub version: Name,
    /// The one this takes over from; empty for a first installation.
    pub replaces: Name,
    /// `Succeeded`, `Failed`, `Pending`, `InstallReady`, `Installing`, `Replacing`, `Deleting`, `Unknown`.
    pub phase: Name,
    pub reason: Name,
    /// Untrusted text of the operator's bundle or the API.
    pub message: Option<Box<str>>,
    pub since: Option<Time>,
    /// Names of the Deployments it consists of.
    pub deployments: Box<[Name]>,
    /// A shadow of one in another namespace, whose state it repeats.
    pub copied: bool,
}

impl Resource for ClusterServiceVersion {
    const KIND: Kind = Kind::ClusterServiceVersion;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let copied = wire.status.reason == "Copied"
            || wire.metadata.annotations.get("olm.copiedFrom").is_some()
            || wire.metadata.labels.contains_key("olm.copiedFrom");
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            version: interner.name(&wire.spec.version),
            replaces: interner.name(&wire.spec.replaces),
            phase: interner.name(&wire.status.phase),
            reason: interner.name(&wire.status.reason),
            message: capped(wire.status.message),
            since: wire.status.last_transition_time.or(wire.status.last_update_time),
            deployments: wire.spec.install.spec.deployments.iter().map(|it| interner.name(&it.name)).collect(),
            copied,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.version", &self.version)
            .put("status.phase", &self.phase)
            .put("status.reason", &self.reason)
            .put_some("status.lastTransitionTime", self.since)
            .put("metadata.annotations[olm.copiedFrom]", if self.copied { "present" } else { "" })
            .untrusted("status.message", self.message.as_deref())
    }
}
