//! Services: a name for pods, by labels and ports.

use std::collections::BTreeMap;

use super::wire::IntOrString;
use crate::name::{Interner, Name};
use crate::selector::Selector;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    #[named("type")]
    service_type: String,
    #[named("clusterIP")]
    cluster_ip: String,
    selector: BTreeMap<String, String>,
    ports: Vec<WirePort>,
    publish_not_ready_addresses: bool,
});
wire::wire_object!(WirePort { name: String, port: u16, target_port: Option<IntOrString>, protocol: String });
wire::wire_object!(WireStatus { load_balancer: WireLoadBalancer });
wire::wire_object!(WireLoadBalancer { ingress: Vec<wire::Anything> });

#[derive(Clone, Debug)]
pub struct Service {
    pub meta: Meta,
    pub exposure: Exposure,
    pub headless: bool,
    /// Nothing when someone else keeps the endpoints.
    pub selector: Option<Selector>,
    pub ports: Box<[Port]>,
    pub publishes_not_ready: bool,
    /// A load balancer was asked for and has an address.
    pub has_load_balancer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    ClusterIp,
    NodePort,
    LoadBalancer,
    ExternalName,
}

#[derive(Clone, Debug)]
pub struct Port {
    pub name: Name,
    pub number: u16,
    pub target: IntOrString,
    pub protocol: Name,
}

impl Resource for Service {
    const KIND: Kind = Kind::Service;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let spec = wire.spec;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            exposure: match spec.service_type.as_str() {
                "NodePort" => Exposure::NodePort,
                "LoadBalancer" => Exposure::LoadBalancer,
                "ExternalName" => Exposure::ExternalName,
                _ => Exposure::ClusterIp,
            },
            headless: spec.cluster_ip == "None",
            selector: (!spec.selector.is_empty()).then(|| Selector::equal(&spec.selector, interner)),
            ports: spec.ports.into_iter().map(|port| port_from_wire(port, interner)).collect(),
            publishes_not_ready: spec.publish_not_ready_addresses,
            has_load_balancer: !wire.status.load_balancer.ingress.is_empty(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.type", format!("{:?}", self.exposure))
            .put("spec.clusterIP", if self.headless { "None" } else { "" })
            .put_some("spec.selector", self.selector.as_ref())
            .put("spec.ports", self.ports.iter().map(Port::to_string).collect::<Vec<_>>().join(", "))
            .put("status.loadBalancer.ingress", if self.has_load_balancer { "present" } else { "" })
    }
}

fn port_from_wire(wire: WirePort, interner: &mut Interner) -> Port {
    Port {
        name: interner.name(&wire.name),
        number: wire.port,
        target: wire.target_port.unwrap_or(IntOrString::Int(i64::from(wire.port))),
        protocol: interner.name(if wire.protocol.is_empty() { "TCP" } else { &wire.protocol }),
    }
}

/// `http 80/TCP -> 8080`
impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let space = if self.name.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}/{} -> {}", self.name, self.number, self.protocol, self.target)
    }
}
