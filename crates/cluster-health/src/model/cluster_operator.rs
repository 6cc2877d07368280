//! ClusterOperators: the parts of OpenShift, each with its own verdict on itself.

use super::ObjectRef;
use super::condition::Conditions;
use crate::name::{Interner, Name};

use super::kind_name::KindName;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus {
    conditions: Vec<wire::Condition>,
    versions: Vec<WireVersion>,
    related_objects: Vec<WireRelated>,
});
wire::wire_object!(WireVersion { name: String, version: String });
wire::wire_object!(WireRelated { resource: String, namespace: String, name: String });

#[derive(Clone, Debug)]
pub struct ClusterOperator {
    pub meta: Meta,
    pub conditions: Conditions,
    /// The version of the operator itself; empty until it has reported one.
    pub version: Name,
    /// Where to look next; `kind` holds the plural resource, as the API has it.
    pub related: Box<[ObjectRef]>,
}

impl Resource for ClusterOperator {
    const KIND: Kind = Kind::ClusterOperator;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let version = wire.status.versions.iter().find(|version| version.name == "operator");
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            version: interner.optional(version.map(|version| version.version.as_str())),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
            related: wire
                .status
                .related_objects
                .iter()
                .map(|related| ObjectRef {
                    kind: KindName::read(&related.resource, interner),
                    namespace: interner.name(&related.namespace),
                    name: interner.name(&related.name),
                })
                .collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let related: Vec<String> = self.related.iter().map(ToString::to_string).collect();
        facts
            .put("status.versions[operator]", &self.version)
            .conditions(&self.conditions)
            .put("status.relatedObjects", related.join(", "))
    }
}
