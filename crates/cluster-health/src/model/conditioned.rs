//! Kinds of which identity and status conditions are all that is read.

/// Declares such a kind and all that belongs to it.
macro_rules! conditioned {
    ($(#[$attribute:meta])* $Kind:ident) => {
        use crate::describe::Facts;
        use crate::model::condition::Conditions;
        use crate::model::meta::Meta;
        use crate::model::{Kind, Resource, wire};
        use crate::name::Interner;

        wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
        wire::wire_object!(WireStatus { conditions: Vec<wire::Condition> });

        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $Kind {
            pub meta: Meta,
            pub conditions: Conditions,
        }

        impl Resource for $Kind {
            const KIND: Kind = Kind::$Kind;
            type Wire = Wire;

            fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
                Self {
                    meta: Meta::from_wire(&wire.metadata, interner),
                    conditions: Conditions::from_wire(wire.status.conditions, interner),
                }
            }

            fn meta(&self) -> &Meta {
                &self.meta
            }

            fn facts(&self, facts: Facts) -> Facts {
                facts.conditions(&self.conditions)
            }
        }
    };
}
pub(crate) use conditioned;
