//! ResourceQuotas: what a namespace may use and does.

use std::collections::BTreeMap;

use crate::name::{Interner, Name};
use crate::quantity::Quantity;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { scopes: Vec<String>, scope_selector: WireScopes });
wire::wire_object!(WireScopes { match_expressions: Vec<WireScope> });
wire::wire_object!(WireScope { scope_name: String });
wire::wire_object!(WireStatus { hard: BTreeMap<String, Quantity>, used: BTreeMap<String, Quantity> });

#[derive(Clone, Debug)]
pub struct ResourceQuota {
    pub meta: Meta,
    /// Sorted by resource.
    pub limits: Box<[Limit]>,
    /// Which pods it counts, such as `BestEffort` or `PriorityClass`; empty when all.
    pub scopes: Box<[Name]>,
}

#[derive(Clone, Debug)]
pub struct Limit {
    /// Such as `pods` or `requests.cpu`.
    pub resource: Name,
    pub hard: Quantity,
    pub used: Quantity,
}

impl Limit {
    /// Nothing more fits. A limit of zero is always reached: it forbids.
    pub fn is_reached(&self) -> bool {
        self.used >= self.hard
    }
}

pub(super) fn limits(wire: &WireStatus, interner: &mut Interner) -> Box<[Limit]> {
    let limits = wire.hard.iter().map(|(resource, &hard)| Limit {
        resource: interner.name(resource),
        hard,
        used: wire.used.get(resource).copied().unwrap_or_default(),
    });
    limits.collect()
}

impl Resource for ResourceQuota {
    const KIND: Kind = Kind::ResourceQuota;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let selected = wire.spec.scope_selector.match_expressions.iter().map(|scope| &scope.scope_name);
        let scopes = wire.spec.scopes.iter().chain(selected).map(|scope| interner.name(scope)).collect();
        Self { limits: limits(&wire.status, interner), scopes, meta: Meta::from_wire(&wire.metadata, interner) }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        self.limits.iter().fold(facts, |facts, limit| {
            facts.put(format!("status.used[{}]", limit.resource), format!("{} of {}", limit.used, limit.hard))
        })
    }
}
