//! The ClusterAutoscaler: how far the cluster may grow by itself.

use crate::name::Interner;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { resource_limits: WireLimits });
wire::wire_object!(WireLimits { max_nodes_total: Option<u32> });

#[derive(Clone, Debug)]
pub struct ClusterAutoscaler {
    pub meta: Meta,
    /// Nodes of all kinds, the control plane's too; nothing when there is no limit.
    pub max_nodes: Option<u32>,
}

impl Resource for ClusterAutoscaler {
    const KIND: Kind = Kind::ClusterAutoscaler;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self { meta: Meta::from_wire(&wire.metadata, interner), max_nodes: wire.spec.resource_limits.max_nodes_total }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts.put_some("spec.resourceLimits.maxNodesTotal", self.max_nodes)
    }
}
