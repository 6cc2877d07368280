//! ClusterPolicy of `nvidia.com`: the drivers and plugins that make GPUs usable, as the GPU operator runs them.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { state: String, namespace: String, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct ClusterPolicy {
    pub meta: Meta,
    /// `ready`, `notReady`, `ignored` or `disabled`; empty before the first look.
    pub state: Name,
    /// Where the operator runs what it needs.
    pub namespace: Name,
    /// Says `Ready` and `Error`.
    pub conditions: Conditions,
}

impl Resource for ClusterPolicy {
    const KIND: Kind = Kind::ClusterPolicy;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            state: interner.name(&wire.status.state),
            namespace: interner.name(&wire.status.namespace),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put("status.state", &self.state).put("status.namespace", &self.namespace).conditions(&self.conditions)
    }
}
