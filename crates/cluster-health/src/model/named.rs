//! Kinds of which only matters that an object of that name exists.

/// Declares such a kind and all that belongs to it.
macro_rules! named {
    ($(#[$attribute:meta])* $Kind:ident) => {
        use crate::describe::Facts;
        use crate::model::meta::Meta;
        use crate::model::{Kind, Resource, wire};
        use crate::name::Interner;

        wire::wire_object!(Wire { metadata: wire::Meta });

        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $Kind {
            pub meta: Meta,
        }

        impl Resource for $Kind {
            const KIND: Kind = Kind::$Kind;
            type Wire = Wire;

            fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
                Self { meta: Meta::from_wire(&wire.metadata, interner) }
            }

            fn meta(&self) -> &Meta {
                &self.meta
            }

            fn facts(&self, facts: Facts) -> Facts {
                facts
            }
        }
    };
}
pub(crate) use named;
