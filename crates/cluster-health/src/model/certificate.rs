//! Certificates of cert-manager: whether they were issued, and until when they hold.

use super::condition::Conditions;
use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { secret_name: String, issuer_ref: WireIssuer });
wire::wire_object!(WireIssuer { kind: String, name: String });
wire::wire_object!(WireStatus {
    not_after: Option<Time>,
    renewal_time: Option<Time>,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct Certificate {
    pub meta: Meta,
    /// The Secret it is written to, by name only.
    pub secret: Name,
    /// `Issuer` or `ClusterIssuer`.
    pub issuer_kind: Name,
    pub issuer: Name,
    pub until: Option<Time>,
    /// When it is due to be renewed.
    pub renewal: Option<Time>,
    pub conditions: Conditions,
}

impl Resource for Certificate {
    const KIND: Kind = Kind::Certificate;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let issuer = &wire.spec.issuer_ref;
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            secret: interner.name(&wire.spec.secret_name),
            issuer_kind: interner.name(if issuer.kind.is_empty() { "Issuer" } else { &issuer.kind }),
            issuer: interner.name(&issuer.name),
            until: wire.status.not_after,
            renewal: wire.status.renewal_time,
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.secretName", &self.secret)
            .put("spec.issuerRef", format!("{} {}", self.issuer_kind, self.issuer))
            .put_some("status.notAfter", self.until)
            .put_some("status.renewalTime", self.renewal)
            .conditions(&self.conditions)
    }
}
