//! MachineHealthChecks: which unhealthy machines are replaced, and when too many are for that.

use crate::name::Interner;

use super::condition::Conditions;
use super::meta::Meta;
use super::wire::IntOrString;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { max_unhealthy: Option<IntOrString> });
wire::wire_object!(WireStatus { current_healthy: u32, expected_machines: u32, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct MachineHealthCheck {
    pub meta: Meta,
    /// With more unhealthy machines than this, a count or a share, none is replaced.
    pub max_unhealthy: Option<IntOrString>,
    pub healthy: u32,
    pub expected: u32,
    pub conditions: Conditions,
}

impl Resource for MachineHealthCheck {
    const KIND: Kind = Kind::MachineHealthCheck;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            max_unhealthy: wire.spec.max_unhealthy,
            healthy: wire.status.current_healthy,
            expected: wire.status.expected_machines,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put_some("spec.maxUnhealthy", self.max_unhealthy.as_ref())
            .put("status.currentHealthy", self.healthy)
            .put("status.expectedMachines", self.expected)
            .conditions(&self.conditions)
    }
}
