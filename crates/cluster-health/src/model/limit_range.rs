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
    default: BTreeMap<String, Quantity>,
    default_request: BTreeMap<String, Quantity>,
});

#[derive(Clone, Debug)]
pub struct LimitRange {
    pub meta: Meta,
    pub limits: Box<[Limit]>,
    /// What containers get that say nothing themselves: `default` of limits and `defaultRequest` of requests.
    pub defaults: Box<[Limit]>,
}

/// One bound of one resource.
#[derive(Clone, Debug)]
pub struct Limit {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    pub of: Name,
    /// `max`, `min` or `maxLimitRequestRatio`; of defaults, `default` or `defaultRequest`.
    pub bound: &'static str,
    pub resource: Name,
    pub value: Quantity,
}

impl Resource for LimitRange {
    const KIND: Kind = Kind::LimitRange;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let (mut limits, mut defaults) = (Vec::new(), Vec::new());
        for limit in &wire.spec.limits {
            let mut rows = |bound: &'static str, amounts: &BTreeMap<String, Quantity>| -> Vec<Limit> {
                let row = |(resource, &value): (&String, &Quantity)| Limit {
                    of: interner.name(&limit.of),
                    bound,
                    resource: interner.name(resource),
                    value,
                };
                amounts.iter().map(row).collect()
            };
            limits.extend(rows("max", &limit.max));
            limits.extend(rows("min", &limit.min));
            limits.extend(rows("maxLimitRequestRatio", &limit.max_limit_request_ratio));
            defaults.extend(rows("default", &limit.default));
            defaults.extend(rows("defaultRequest", &limit.default_request));
        }
        Self { meta: Meta::from_wire(&wire.metadata, interner), limits: limits.into(), defaults: defaults.into() }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        self.limits.iter().chain(&self.defaults).fold(facts, |facts, limit| facts.put(limit.path(), limit.value))
    }
}

impl Limit {
    /// Such as `spec.limits[Container].max[memory]`.
    pub fn path(&self) -> String {
        format!("spec.limits[{}].{}[{}]", self.of, self.bound, self.resource)
    }
}
