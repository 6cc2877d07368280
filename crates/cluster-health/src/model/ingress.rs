//! Ingresses: host names outside, Services inside, and the class that says who shall serve them.

use super::meta::Meta;
use super::wire::IntOrString;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    ingress_class_name: Option<String>,
    default_backend: Option<WireBackend>,
    rules: Vec<WireRule>,
});
wire::wire_object!(WireRule { host: String, http: WireHttp });
wire::wire_object!(WireHttp { paths: Vec<WirePath> });
wire::wire_object!(WirePath { backend: WireBackend });
wire::wire_object!(WireBackend { service: Option<WireService> });
wire::wire_object!(WireService { name: String, port: WirePort });
wire::wire_object!(WirePort { name: String, number: u16 });
wire::wire_object!(WireStatus { load_balancer: WireLoadBalancer });
wire::wire_object!(WireLoadBalancer { ingress: Vec<wire::Anything> });

#[derive(Clone, Debug)]
pub struct Ingress {
    pub meta: Meta,
    /// From the field, or from the annotation of older times.
    pub class: Option<Class>,
    pub hosts: Box<[Name]>,
    /// Each Service and port once.
    pub backends: Box<[Backend]>,
    /// Somebody serves it and has written down where.
    pub has_address: bool,
}

#[derive(Clone, Debug)]
pub struct Class {
    pub name: Name,
    /// Named by annotation, where any word may stand.
    pub annotated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    pub service: Name,
    /// Name or number of the Service's port.
    pub port: IntOrString,
}

impl Resource for Ingress {
    const KIND: Kind = Kind::Ingress;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let spec = &wire.spec;
        let annotated = wire.metadata.annotations.get("kubernetes.io/ingress.class");
        let class = match (&spec.ingress_class_name, annotated) {
            (Some(name), _) => Some(Class { name: interner.name(name), annotated: false }),
            (None, Some(name)) => Some(Class { name: interner.name(name), annotated: true }),
            (None, None) => None,
        };
        let paths = spec.rules.iter().flat_map(|rule| &rule.http.paths).map(|path| &path.backend);
        let mut backends: Vec<Backend> = Vec::new();
        for service in spec.default_backend.iter().chain(paths).filter_map(|backend| backend.service.as_ref()) {
            let port = match &service.port {
                port if port.name.is_empty() => IntOrString::Int(i64::from(port.number)),
                port => IntOrString::String(port.name.clone()),
            };
            let backend = Backend { service: interner.name(&service.name), port };
            if !backends.contains(&backend) {
                backends.push(backend);
            }
        }
        let hosts = spec.rules.iter().filter(|rule| !rule.host.is_empty());
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            class,
            hosts: hosts.map(|rule| interner.name(&rule.host)).collect(),
            backends: backends.into(),
            has_address: !wire.status.load_balancer.ingress.is_empty(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let backends: Vec<String> = self.backends.iter().map(ToString::to_string).collect();
        facts
            .untrusted("spec.rules.host", Some(self.hosts.join(",").as_str()).filter(|hosts| !hosts.is_empty()))
            .put_some("spec.ingressClassName", self.class.as_ref().map(|class| &class.name))
            .put("spec.rules.http.paths.backend.service", backends.join(","))
            .put("status.loadBalancer.ingress", if self.has_address { "present" } else { "" })
    }
}

/// `web:80`, `web:http`
impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.service, self.port)
    }
}
