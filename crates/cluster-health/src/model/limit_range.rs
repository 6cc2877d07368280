//! LimitRanges: how much one pod, container or claim of a namespace may ask for.

use std::collections::BTreeMap;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::quantity::Quantity;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec });
wire::wire_object!(WireSpec { limits: Vec<WireLimit> });
wire::wire_object!(WireLimit {
    #[named("type")]
    of: String,
    max: BTreeMap<String, Quantity>,
    min: BTreeMap<String, Quantity>,
    max_limit_request_ratio: BTreeMap<String, Quantity>,
});

#[derive(Clone, Debug)]
pub struct LimitRange {
    pub meta: Meta,
    pub limits: Box<[Limit]>,
}

/// One bound of one resource.
#[derive(Clone, Debug)]
pub struct Limit {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    pub of: Name,
    /// `max`, `min` or `maxLimitRequestRatio`.
    pub bound: &'static str,
    pub resource: Name,
    pub value: Quantity,
}

impl Resource for LimitRange {
    const KIND: Kind = Kind::LimitRange;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let mut limits = Vec::new();
        for limit in &wire.spec.limits {
            let bounds =
                [("max", &limit.max), ("min", &limit.min), ("maxLimitRequestRatio", &limit.max_limit_request_ratio)];
            for (bound, amounts) in bounds {
                limits.extend(amounts.iter().map(|(resource, &value)| Limit {
                    of: interner.name(&limit.of),
                    bound,
                    resource: interner.name(resource),
                    value,
                }));
            }
        }
        Self { meta: Meta::from_wire(&wire.metadata, interner), limits: limits.into() }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        self.limits.iter().fold(facts, |facts, limit| facts.put(limit.path(), limit.value))
    }
}

impl Limit {
    /// Such as `spec.limits[Container].max[memory]`.
    pub fn path(&self) -> String {
        format!("spec.limits[{}].{}[{}]", self.of, self.bound, self.resource)
    }
}
