//! EndpointSlices: the addresses behind a Service, and which of them are ready.

use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, endpoints: Vec<WireEndpoint>, ports: Vec<WirePort> });
wire::wire_object!(WireEndpoint { conditions: WireConditions, target_ref: WireTarget });
wire::wire_object!(WireTarget { kind: String, name: String });
wire::wire_object!(WirePort { name: String });
wire::wire_object!(WireConditions { ready: Option<bool> });

#[derive(Clone, Debug)]
pub struct EndpointSlice {
    pub meta: Meta,
    /// From the label `kubernetes.io/service-name`; empty when the slice belongs to no Service.
    pub service: Name,
    pub ready: u32,
    pub not_ready: u32,
    /// Names of the Service's ports these addresses offer; the empty name is a port like any other.
    pub ports: Box<[Name]>,
    /// The first ready address's pod; empty when there is none.
    pub ready_pod: Name,
}

impl Resource for EndpointSlice {
    const KIND: Kind = Kind::EndpointSlice;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let total = u32::try_from(wire.endpoints.len()).unwrap_or(u32::MAX);
        // A missing condition counts as ready: so the API's own documentation says.
        let ready = || wire.endpoints.iter().filter(|endpoint| endpoint.conditions.ready.unwrap_or(true));
        let ready_pod = ready().map(|endpoint| &endpoint.target_ref).find(|target| target.kind == "Pod");
        let ready_pod = interner.optional(ready_pod.map(|target| target.name.as_str()));
        let ready = u32::try_from(ready().count()).unwrap_or(u32::MAX);
        let service = interner.optional(wire.metadata.labels.get("kubernetes.io/service-name").map(String::as_str));
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            service,
            ready,
            not_ready: total.saturating_sub(ready),
            ports: wire.ports.iter().map(|port| interner.name(&port.name)).collect(),
            ready_pod,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("metadata.labels[kubernetes.io/service-name]", &self.service)
            .put("endpoints ready", self.ready)
            .put("endpoints not ready", self.not_ready)
    }
}
