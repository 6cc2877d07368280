//! ClusterResourceQuotas: what several namespaces may use together, and do.

use super::meta::Meta;
use super::resource_quota::{Limit, WireStatus as WireTotal, limits};
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { total: WireTotal, namespaces: Vec<WireNamespace> });
wire::wire_object!(WireNamespace { namespace: String });

#[derive(Clone, Debug)]
pub struct ClusterResourceQuota {
    pub meta: Meta,
    /// Of all its namespaces together, sorted by resource.
    pub limits: Box<[Limit]>,
    pub namespaces: Box<[Name]>,
}

impl Resource for ClusterResourceQuota {
    const KIND: Kind = Kind::ClusterResourceQuota;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            limits: limits(&wire.status.total, interner),
            namespaces: wire.status.namespaces.iter().map(|one| interner.name(&one.namespace)).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts.put("status.namespaces", self.namespaces.join(","));
        self.limits.iter().fold(facts, |facts, limit| {
            facts.put(format!("status.total.used[{}]", limit.resource), format!("{} of {}", limit.used, limit.hard))
        })
    }
}
