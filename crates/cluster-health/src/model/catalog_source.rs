//! CatalogSources: where the Operator Lifecycle Manager finds operators.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { source_type: String, image: String });
wire::wire_object!(WireStatus { connection_state: WireConnection });
wire::wire_object!(WireConnection { last_observed_state: String, last_connect: Option<Time> });

#[derive(Clone, Debug)]
pub struct CatalogSource {
    pub meta: Meta,
    /// `grpc`, `configmap` or `internal`.
    pub source: Name,
    /// Empty when somebody else runs the server.
    pub image: Name,
    /// `READY`, `CONNECTING`, `TRANSIENT_FAILURE`, `IDLE` …; empty before the first attempt.
    pub connection: Name,
    pub connected: Option<Time>,
}

impl Resource for CatalogSource {
    const KIND: Kind = Kind::CatalogSource;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            source: interner.name(&wire.spec.source_type),
            image: interner.name(&wire.spec.image),
            connection: interner.name(&wire.status.connection_state.last_observed_state),
            connected: wire.status.connection_state.last_connect,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.sourceType", &self.source)
            .untrusted("spec.image", Some(self.image.as_str()).filter(|image| !image.is_empty()))
            .put("status.connectionState.lastObservedState", &self.connection)
            .put_some("status.connectionState.lastConnect", self.connected)
    }
}
