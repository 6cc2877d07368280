//! Machines: the computers behind nodes, as the machine API asks a cloud or a provisioner for them.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::condition::{Conditions, capped};
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { lifecycle_hooks: WireHooks });
wire::wire_object!(WireHooks { pre_drain: Vec<WireHook>, pre_terminate: Vec<WireHook> });
wire::wire_object!(WireHook { name: String });
wire::wire_object!(WireStatus {
    phase: String,
    node_ref: Option<WireNode>,
    error_reason: Option<String>,
    error_message: Option<String>,
    last_updated: Option<Time>,
    conditions: Vec<wire::Condition>,
});
wire::wire_object!(WireNode { name: String });

#[derive(Clone, Debug)]
pub struct Machine {
    pub meta: Meta,
    /// `Provisioning`, `Provisioned`, `Running`, `Deleting` or `Failed`; empty before the first.
    pub phase: Name,
    /// Empty until it has joined the cluster.
    pub node: Name,
    pub error_reason: Name,
    /// Untrusted text, of the cloud mostly.
    pub error: Option<Box<str>>,
    /// When its controller last wrote the status.
    pub updated: Option<Time>,
    /// What must be done elsewhere before it is drained or ended.
    pub hooks: Box<[Name]>,
    pub conditions: Conditions,
}

impl Resource for Machine {
    const KIND: Kind = Kind::Machine;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let (hooks, status) = (&wire.spec.lifecycle_hooks, wire.status);
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            phase: interner.name(&status.phase),
            node: interner.optional(status.node_ref.as_ref().map(|node| node.name.as_str())),
            error_reason: interner.optional(status.error_reason.as_deref()),
            error: capped(status.error_message),
            updated: status.last_updated,
            hooks: hooks.pre_drain.iter().chain(&hooks.pre_terminate).map(|hook| interner.name(&hook.name)).collect(),
            conditions: Conditions::from_wire(status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("status.phase", &self.phase)
            .put("status.nodeRef.name", &self.node)
            .put("status.errorReason", &self.error_reason)
            .untrusted("status.errorMessage", self.error.as_deref())
            .put_some("status.lastUpdated", self.updated)
            .put("spec.lifecycleHooks", self.hooks.join(", "))
            .conditions(&self.conditions)
    }
}

impl Machine {
    pub fn is_control_plane(&self) -> bool {
        self.meta.labels.get("machine.openshift.io/cluster-api-machine-role").is_some_and(|role| role == "master")
    }
}
