//! VirtualMachines: machines that OpenShift Virtualization runs in pods.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { printable_status: String, ready: bool, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct VirtualMachine {
    pub meta: Meta,
    /// `Running`, `Stopped`, `Starting`, `CrashLoopBackOff`, `ErrorUnschedulable` …; empty before the first look.
    pub status: Name,
    pub ready: bool,
    pub conditions: Conditions,
}

impl Resource for VirtualMachine {
    const KIND: Kind = Kind::VirtualMachine;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            status: interner.name(&wire.status.printable_status),
            ready: wire.status.ready,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("status.printableStatus", &self.status).put("status.ready", self.ready).conditions(&self.conditions)
    }
}
