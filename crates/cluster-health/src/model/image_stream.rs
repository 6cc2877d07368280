//! ImageStreams: names for images. They can be large; of their tags only those that could not be imported are kept.

use super::condition::{Condition, Conditions};
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { tags: Vec<WireTag> });
wire::wire_object!(WireTag { tag: String, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct ImageStream {
    pub meta: Meta,
    /// Sorted as the object has them.
    pub failed: Box<[FailedTag]>,
}

#[derive(Clone, Debug)]
pub struct FailedTag {
    pub tag: Name,
    /// `ImportSuccess` that is not `True`.
    pub condition: Condition,
}

impl Resource for ImageStream {
    const KIND: Kind = Kind::ImageStream;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let mut failed = Vec::new();
        for tag in wire.status.tags {
            let conditions = tag.conditions.into_iter();
            let import = conditions.filter(|it| it.kind == "ImportSuccess" && it.status == "False");
            failed.extend(import.map(|condition| FailedTag {
                tag: interner.name(&tag.tag),
                condition: Condition::from_wire(condition, interner),
            }));
        }
        Self { meta: Meta::from_wire(&wire.metadata, interner), failed: failed.into() }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        self.failed.iter().fold(facts, |facts, failed| {
            facts.put("status.tags[] not imported", &failed.tag).conditions(&Conditions::of(failed.condition.clone()))
        })
    }
}
