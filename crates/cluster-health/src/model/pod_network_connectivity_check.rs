//! PodNetworkConnectivityChecks: whether one pod of the platform reaches one address, tried again and again.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { source_pod: String, target_endpoint: String });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct PodNetworkConnectivityCheck {
    pub meta: Meta,
    /// Name of the pod that tries, in the check's namespace.
    pub source: Name,
    /// `host:port`
    pub target: Name,
    /// Says `Reachable`.
    pub conditions: Conditions,
}

impl Resource for PodNetworkConnectivityCheck {
    const KIND: Kind = Kind::PodNetworkConnectivityCheck;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            source: interner.name(&wire.spec.source_pod),
            target: interner.name(&wire.spec.target_endpoint),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("spec.sourcePod", &self.source).put("spec.targetEndpoint", &self.target).conditions(&self.conditions)
    }
}
