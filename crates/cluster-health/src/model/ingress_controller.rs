//! IngressControllers: OpenShift's routers, as their operator runs them.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus {
    available_replicas: u32,
    domain: String,
    endpoint_publishing_strategy: WireStrategy,
    conditions: Vec<wire::Condition>,
});
wire::wire_object!(WireStrategy {
    #[named("type")]
    strategy: String,
});

#[derive(Clone, Debug)]
pub struct IngressController {
    pub meta: Meta,
    pub available: u32,
    pub domain: Name,
    /// `LoadBalancerService`, `HostNetwork`, `NodePortService` or `Private`.
    pub strategy: Name,
    pub conditions: Conditions,
}

impl Resource for IngressController {
    const KIND: Kind = Kind::IngressController;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            available: status.available_replicas,
            domain: interner.name(&status.domain),
            strategy: interner.name(&status.endpoint_publishing_strategy.strategy),
            conditions: Conditions::from_wire(status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("status.availableReplicas", self.available)
            .put("status.domain", &self.domain)
            .put("status.endpointPublishingStrategy.type", &self.strategy)
            .conditions(&self.conditions)
    }
}
