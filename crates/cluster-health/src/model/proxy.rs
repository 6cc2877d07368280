//! Proxy: how the platform reaches the outside. Its addresses may hold credentials and are not kept.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { http_proxy: String, https_proxy: String, trusted_ca: WireName });
wire::wire_object!(WireName { name: String });
wire::wire_object!(WireStatus { http_proxy: String, https_proxy: String, no_proxy: String });

#[derive(Clone, Debug)]
pub struct Proxy {
    pub meta: Meta,
    /// A proxy is asked for.
    pub wanted: bool,
    /// The network operator has accepted what is asked for.
    pub accepted: bool,
    /// Names and ranges that are reached without it, in force now.
    pub direct: Box<[Name]>,
    /// ConfigMap in `openshift-config` with further authorities; empty when none.
    pub trusted_ca: Name,
}

impl Resource for Proxy {
    const KIND: Kind = Kind::Proxy;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let (spec, status) = (&wire.spec, &wire.status);
        let direct = status.no_proxy.split(',').map(str::trim).filter(|part| !part.is_empty());
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            wanted: !spec.http_proxy.is_empty() || !spec.https_proxy.is_empty(),
            accepted: spec.http_proxy == status.http_proxy && spec.https_proxy == status.https_proxy,
            direct: direct.map(|part| interner.name(part)).collect(),
            trusted_ca: interner.name(&spec.trusted_ca.name),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.httpProxy, spec.httpsProxy", if self.wanted { "set" } else { "not set" })
            .put("status", if self.accepted { "as in spec" } else { "differs from spec" })
            .put("status.noProxy", self.direct.join(","))
            .put("spec.trustedCA.name", &self.trusted_ca)
    }
}
