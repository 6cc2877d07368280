//! BareMetalHosts: physical machines, as their management controllers show them.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::condition::capped;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { online: bool, consumer_ref: Option<WireConsumer> });
wire::wire_object!(WireConsumer { name: String });
wire::wire_object!(WireStatus {
    error_type: String,
    error_message: Option<String>,
    operational_status: String,
    powered_on: bool,
    provisioning: WireProvisioning,
    last_updated: Option<Time>,
});
wire::wire_object!(WireProvisioning { state: String });

#[derive(Clone, Debug)]
pub struct BareMetalHost {
    pub meta: Meta,
    /// The Machine it stands for; empty when it is free.
    pub machine: Name,
    /// It should run.
    pub wanted_on: bool,
    pub powered_on: bool,
    /// Such as `registration error` or `power management error`; empty when all is well.
    pub error_type: Name,
    /// Untrusted text.
    pub error: Option<Box<str>>,
    pub operational_status: Name,
    /// Such as `provisioned`.
    pub state: Name,
    pub updated: Option<Time>,
}

impl Resource for BareMetalHost {
    const KIND: Kind = Kind::BareMetalHost;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            machine: interner.optional(wire.spec.consumer_ref.as_ref().map(|consumer| consumer.name.as_str())),
            wanted_on: wire.spec.online,
            powered_on: status.powered_on,
            error_type: interner.name(&status.error_type),
            error: capped(status.error_message),
            operational_status: interner.name(&status.operational_status),
            state: interner.name(&status.provisioning.state),
            updated: status.last_updated,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.consumerRef.name", &self.machine)
            .put("spec.online", self.wanted_on)
            .put("status.poweredOn", self.powered_on)
            .put("status.operationalStatus", &self.operational_status)
            .put("status.provisioning.state", &self.state)
            .put("status.errorType", &self.error_type)
            .untrusted("status.errorMessage", self.error.as_deref())
    }
}
