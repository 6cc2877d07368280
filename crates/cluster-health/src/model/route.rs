//! Routes: a host name outside, a Service inside, and whether a router took it.

use super::condition::Conditions;
use super::wire::IntOrString;
use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { host: String, to: WireTarget, alternate_backends: Vec<WireTarget>, port: Option<WirePort> });
wire::wire_object!(WireTarget { kind: String, name: String, weight: Option<u32> });
wire::wire_object!(WirePort { target_port: Option<IntOrString> });
wire::wire_object!(WireStatus { ingress: Vec<WireIngress> });
wire::wire_object!(WireIngress { router_name: String, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct Route {
    pub meta: Meta,
    pub host: Name,
    /// Names of the Services it sends to, those of weight zero left out.
    pub services: Box<[Name]>,
    /// Name or number of the Service's target port; nothing means every port.
    pub target_port: Option<IntOrString>,
    /// One a router that looked at it.
    pub ingress: Box<[Ingress]>,
}

#[derive(Clone, Debug)]
pub struct Ingress {
    pub router: Name,
    pub conditions: Conditions,
}

impl Resource for Route {
    const KIND: Kind = Kind::Route;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let spec = wire.spec;
        let targets = std::iter::once(&spec.to).chain(&spec.alternate_backends);
        let targets = targets.filter(|target| !target.name.is_empty() && target.weight != Some(0));
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            host: interner.name(&spec.host),
            services: targets.map(|target| interner.name(&target.name)).collect(),
            target_port: spec.port.and_then(|port| port.target_port),
            ingress: wire
                .status
                .ingress
                .into_iter()
                .map(|ingress| Ingress {
                    router: interner.name(&ingress.router_name),
                    conditions: Conditions::from_wire(ingress.conditions, interner),
                })
                .collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts
            .untrusted("spec.host", Some(&self.host))
            .put("spec.to", self.services.join(","))
            .put_some("spec.port.targetPort", self.target_port.as_ref());
        self.ingress.iter().fold(facts, |facts, ingress| {
            facts.put("status.ingress.routerName", &ingress.router).conditions(&ingress.conditions)
        })
    }
}
