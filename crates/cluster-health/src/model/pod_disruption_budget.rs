//! PodDisruptionBudgets: how many pods may be evicted at a time.

use super::condition::Conditions;
use super::wire::IntOrString;
use crate::name::Interner;
use crate::selector::Selector;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    selector: Option<wire::LabelSelector>,
    min_available: Option<IntOrString>,
    max_unavailable: Option<IntOrString>,
    unhealthy_pod_eviction_policy: String,
});
wire::wire_object!(WireStatus {
    disruptions_allowed: u32,
    current_healthy: u32,
    desired_healthy: u32,
    expected_pods: u32,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct PodDisruptionBudget {
    pub meta: Meta,
    /// Nothing selects no pods; an empty selector selects all of the namespace.
    pub selector: Option<Selector>,
    pub min_available: Option<IntOrString>,
    pub max_unavailable: Option<IntOrString>,
    /// Pods that are not ready may be evicted whatever the budget says.
    pub evicts_unhealthy: bool,
    pub allowed: u32,
    pub healthy: u32,
    pub desired_healthy: u32,
    pub expected: u32,
    pub conditions: Conditions,
}

impl Resource for PodDisruptionBudget {
    const KIND: Kind = Kind::PodDisruptionBudget;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            selector: wire.spec.selector.as_ref().map(|selector| Selector::from_wire(selector, interner)),
            min_available: wire.spec.min_available,
            max_unavailable: wire.spec.max_unavailable,
            evicts_unhealthy: wire.spec.unhealthy_pod_eviction_policy == "AlwaysAllow",
            allowed: wire.status.disruptions_allowed,
            healthy: wire.status.current_healthy,
            desired_healthy: wire.status.desired_healthy,
            expected: wire.status.expected_pods,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put_some("spec.selector", self.selector.as_ref())
            .put_some("spec.minAvailable", self.min_available.as_ref())
            .put_some("spec.maxUnavailable", self.max_unavailable.as_ref())
            .put("status.disruptionsAllowed", self.allowed)
            .put("status.currentHealthy", self.healthy)
            .put("status.desiredHealthy", self.desired_healthy)
            .put("status.expectedPods", self.expected)
            .conditions(&self.conditions)
    }
}
