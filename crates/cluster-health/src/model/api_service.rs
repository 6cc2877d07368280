//! APIServices: parts of the API served by the API server itself or by a Service behind it.

use super::condition::Conditions;
use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, ObjectRef, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { group: String, version: String, service: Option<WireService> });
wire::wire_object!(WireService { namespace: String, name: String });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct APIService {
    pub meta: Meta,
    pub group: Name,
    pub version: Name,
    /// Namespace and name of the Service that answers; nothing for APIs built in.
    pub service: Option<(Name, Name)>,
    pub conditions: Conditions,
}

impl Resource for APIService {
    const KIND: Kind = Kind::APIService;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let service = wire.spec.service;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            group: interner.name(&wire.spec.group),
            version: interner.name(&wire.spec.version),
            service: service.map(|service| (interner.name(&service.namespace), interner.name(&service.name))),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let service = self.service.as_ref().map(|(namespace, name)| format!("{namespace}/{name}"));
        facts
            .put("spec.group", &self.group)
            .put("spec.version", &self.version)
            .put_some("spec.service", service)
            .conditions(&self.conditions)
    }
}

impl APIService {
    pub fn is_available(&self) -> bool {
        self.conditions.is_true("Available")
    }

    /// What answers: the Service, or the APIService itself when the API server does.
    pub fn backend(&self) -> ObjectRef {
        match &self.service {
            Some((namespace, name)) => ObjectRef::new(Kind::Service, namespace, name),
            None => self.reference(),
        }
    }
}
