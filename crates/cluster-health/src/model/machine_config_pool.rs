//! MachineConfigPools: nodes that share a configuration, and how far it has been rolled out.

use super::condition::Conditions;
use crate::name::{Interner, Name};
use crate::selector::Selector;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { paused: bool, node_selector: wire::LabelSelector, configuration: WireConfiguration });
wire::wire_object!(WireConfiguration { name: String });
wire::wire_object!(WireStatus {
    configuration: WireConfiguration,
    machine_count: u32,
    ready_machine_count: u32,
    updated_machine_count: u32,
    unavailable_machine_count: u32,
    degraded_machine_count: u32,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct MachineConfigPool {
    pub meta: Meta,
    pub paused: bool,
    pub selector: Selector,
    /// `spec.configuration.name`: what nodes should run.
    pub wanted: Name,
    /// `status.configuration.name`: what the pool last finished rolling out.
    pub current: Name,
    pub machines: u32,
    pub ready: u32,
    pub updated: u32,
    pub unavailable: u32,
    pub degraded: u32,
    pub conditions: Conditions,
}

impl Resource for MachineConfigPool {
    const KIND: Kind = Kind::MachineConfigPool;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            paused: wire.spec.paused,
            selector: Selector::from_wire(&wire.spec.node_selector, interner),
            wanted: interner.name(&wire.spec.configuration.name),
            current: interner.name(&status.configuration.name),
            machines: status.machine_count,
            ready: status.ready_machine_count,
            updated: status.updated_machine_count,
            unavailable: status.unavailable_machine_count,
            degraded: status.degraded_machine_count,
            conditions: Conditions::from_wire(status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.paused", self.paused)
            .put("spec.configuration.name", &self.wanted)
            .put("status.configuration.name", &self.current)
            .put("status.machineCount", self.machines)
            .put("status.readyMachineCount", self.ready)
            .put("status.updatedMachineCount", self.updated)
            .put("status.unavailableMachineCount", self.unavailable)
            .put("status.degradedMachineCount", self.degraded)
            .conditions(&self.conditions)
    }
}
