//! HTTPRoutes: which requests of a Gateway go to which Services.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::ordered::Ordered;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { rules: Vec<WireRule> });
wire::wire_object!(WireRule { backend_refs: Vec<WireBackend> });
wire::wire_object!(WireBackend { kind: String, name: String, namespace: String });
wire::wire_object!(WireStatus { parents: Vec<WireParent> });
wire::wire_object!(WireParent { parent_ref: WireRef, conditions: Vec<wire::Condition> });
wire::wire_object!(WireRef { kind: String, name: String, namespace: String });

#[derive(Clone, Debug)]
pub struct HTTPRoute {
    pub meta: Meta,
    /// Namespace and name of each Service it sends to.
    pub services: Box<[(Name, Name)]>,
    pub parents: Box<[Parent]>,
}

/// What one Gateway says of it.
#[derive(Clone, Debug)]
pub struct Parent {
    pub namespace: Name,
    pub name: Name,
    /// Says `Accepted` and `ResolvedRefs`.
    pub conditions: Conditions,
}

impl Resource for HTTPRoute {
    const KIND: Kind = Kind::HTTPRoute;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let meta = Meta::from_wire(&wire.metadata, interner);
        let own = meta.namespace.clone();
        let place = |namespace: &str, interner: &mut Interner| match namespace {
            "" => own.clone(),
            other => interner.name(other),
        };
        let backends = wire.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
        let backends = backends.filter(|backend| matches!(backend.kind.as_str(), "" | "Service"));
        let mut services: Vec<(Name, Name)> =
            backends.map(|it| (place(&it.namespace, interner), interner.name(&it.name))).collect();
        services.put_in_order();
        services.dedup();
        let parents = wire.status.parents.into_iter().map(|parent| Parent {
            namespace: place(&parent.parent_ref.namespace, interner),
            name: interner.name(&parent.parent_ref.name),
            conditions: Conditions::from_wire(parent.conditions, interner),
        });
        Self { parents: parents.collect(), services: services.into(), meta }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let services: Vec<String> =
            self.services.iter().map(|(namespace, name)| format!("{namespace}/{name}")).collect();
        let facts = facts.put("spec.rules.backendRefs", services.join(","));
        self.parents.iter().fold(facts, |facts, parent| {
            facts
                .put("status.parents.parentRef", format!("{}/{}", parent.namespace, parent.name))
                .conditions(&parent.conditions)
        })
    }
}
