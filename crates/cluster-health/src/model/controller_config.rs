//! The ControllerConfig: what the machine config operator writes to every node, with the certificates it brings.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { controller_certificates: Vec<WireCertificate> });
wire::wire_object!(WireCertificate {
    subject: String,
    bundle_file: String,
    not_before: Option<Time>,
    not_after: Option<Time>,
});

#[derive(Clone, Debug)]
pub struct ControllerConfig {
    pub meta: Meta,
    pub certificates: Box<[BundledCertificate]>,
}

#[derive(Clone, Debug)]
pub struct BundledCertificate {
    /// Untrusted text: whoever made it chose it.
    pub subject: Name,
    /// The file of certificates it is in, such as `KubeAPIServerServingCAData`.
    pub bundle: Name,
    pub from: Option<Time>,
    pub until: Option<Time>,
}

impl Resource for ControllerConfig {
    const KIND: Kind = Kind::ControllerConfig;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let certificates = wire.status.controller_certificates.iter().map(|certificate| BundledCertificate {
            subject: interner.name(&certificate.subject),
            bundle: interner.name(&certificate.bundle_file),
            from: certificate.not_before,
            until: certificate.not_after,
        });
        Self { certificates: certificates.collect(), meta: Meta::from_wire(&wire.metadata, interner) }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        self.certificates.iter().enumerate().fold(facts, |facts, (at, certificate)| {
            let path = |field: &str| format!("status.controllerCertificates[{at}].{field}");
            facts.untrusted(path("subject"), Some(&certificate.subject)).put_some(path("notAfter"), certificate.until)
        })
    }
}
