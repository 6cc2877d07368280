//! CertificateSigningRequests: who asked for a certificate, and what was decided.

use super::condition::Conditions;
use crate::name::{Interner, Name};

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { signer_name: String, username: String });
wire::wire_object!(WireStatus { conditions: Vec<wire::Condition>, certificate: Option<wire::Anything> });

#[derive(Clone, Debug)]
pub struct CertificateSigningRequest {
    pub meta: Meta,
    pub signer: Name,
    /// Set by the API server from the requester's identity.
    pub username: Name,
    /// `Approved`, `Denied` or `Failed`; none while pending.
    pub conditions: Conditions,
    pub issued: bool,
}

impl Resource for CertificateSigningRequest {
    const KIND: Kind = Kind::CertificateSigningRequest;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            signer: interner.name(&wire.spec.signer_name),
            username: interner.name(&wire.spec.username),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
            issued: wire.status.certificate.is_some(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.signerName", &self.signer)
            .untrusted("spec.username", Some(&self.username))
            .put("status.certificate", if self.issued { "issued" } else { "none" })
            .conditions(&self.conditions)
    }
}

impl CertificateSigningRequest {
    /// It is for a node to join the cluster and to answer in it.
    pub fn is_for_kubelet(&self) -> bool {
        self.signer == "kubernetes.io/kubelet-serving" || self.signer == "kubernetes.io/kube-apiserver-client-kubelet"
    }

    pub fn is_pending(&self) -> bool {
        self.conditions.get("Approved").is_none() && !self.is_refused()
    }

    pub fn is_refused(&self) -> bool {
        self.conditions.get("Denied").is_some() || self.conditions.get("Failed").is_some()
    }
}
