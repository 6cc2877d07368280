//! PersistentVolumes: storage that exists.

use super::condition::capped;
use crate::name::{Interner, Name};
use crate::quantity::Quantity;
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    storage_class_name: String,
    persistent_volume_reclaim_policy: String,
    access_modes: Vec<String>,
    capacity: WireCapacity,
    claim_ref: WireClaim,
    csi: WireCsi,
    node_affinity: WireAffinity,
});
wire::wire_object!(WireAffinity { required: WireTerms });
wire::wire_object!(WireTerms { node_selector_terms: Vec<WireTerm> });
wire::wire_object!(WireTerm { match_expressions: Vec<wire::MatchExpression> });
wire::wire_object!(WireCsi { driver: String, volume_handle: String });
wire::wire_object!(WireCapacity { storage: Option<Quantity> });
wire::wire_object!(WireClaim { namespace: String, name: String });
wire::wire_object!(WireStatus {
    phase: String,
    message: Option<String>,
    reason: String,
    last_phase_transition_time: Option<Time>,
});

#[derive(Clone, Debug)]
pub struct PersistentVolume {
    pub meta: Meta,
    pub phase: Phase,
    pub storage_class: Name,
    pub reclaim_policy: Name,
    pub access_modes: Box<[Name]>,
    pub capacity: Option<Quantity>,
    /// Namespace and name of the claim it is bound to or kept for; both empty when free.
    pub claim: (Name, Name),
    /// The name nodes list it under while it is attached to them; empty when no storage driver attaches it.
    pub attached_as: Name,
    /// The storage driver; empty when none of the kind that nodes list.
    pub driver: Name,
    /// The only nodes it can be used on, by name; empty when it is not bound to nodes by their names.
    pub nodes: Box<[Name]>,
    /// When it came into its phase, where the API says so.
    pub since: Option<Time>,
    pub reason: Name,
    /// Untrusted text of the storage driver.
    pub message: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Pending,
    Available,
    Bound,
    Released,
    Failed,
    Unknown,
}

impl Resource for PersistentVolume {
    const KIND: Kind = Kind::PersistentVolume;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let claim = wire.spec.claim_ref;
        Self {
            nodes: nodes(&wire.spec.node_affinity.required.node_selector_terms, interner),
            driver: interner.name(&wire.spec.csi.driver),
            meta: Meta::from_wire(&wire.metadata, interner),
            phase: match wire.status.phase.as_str() {
                "Pending" => Phase::Pending,
                "Available" => Phase::Available,
                "Bound" => Phase::Bound,
                "Released" => Phase::Released,
                "Failed" => Phase::Failed,
                _ => Phase::Unknown,
            },
            storage_class: interner.name(&wire.spec.storage_class_name),
            reclaim_policy: interner.name(&wire.spec.persistent_volume_reclaim_policy),
            access_modes: wire.spec.access_modes.iter().map(|mode| interner.name(mode)).collect(),
            capacity: wire.spec.capacity.storage,
            claim: (interner.name(&claim.namespace), interner.name(&claim.name)),
            attached_as: match wire.spec.csi {
                csi if csi.driver.is_empty() => Name::empty(),
                csi => Name::from(format!("kubernetes.io/csi/{}^{}", csi.driver, csi.volume_handle).as_str()),
            },
            since: wire.status.last_phase_transition_time,
            reason: interner.name(&wire.status.reason),
            message: capped(wire.status.message),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.nodeAffinity", self.nodes.join(","))
            .put("status.phase", format!("{:?}", self.phase))
            .put("status.reason", &self.reason)
            .untrusted("status.message", self.message.as_deref())
            .put("spec.storageClassName", &self.storage_class)
            .put("spec.persistentVolumeReclaimPolicy", &self.reclaim_policy)
            .put("spec.accessModes", self.access_modes.join(","))
            .put_some("spec.capacity.storage", self.capacity)
            .put("spec.claimRef.namespace", &self.claim.0)
            .put("spec.claimRef.name", &self.claim.1)
    }
}

/// The nodes that terms name by their host name; none as soon as a term does not name any.
fn nodes(terms: &[WireTerm], interner: &mut Interner) -> Box<[Name]> {
    let named = |term: &WireTerm| {
        let by_name =
            term.match_expressions.iter().find(|it| it.key == "kubernetes.io/hostname" && it.operator == "In");
        by_name.map(|it| it.values.clone())
    };
    let names: Option<Vec<Vec<String>>> = terms.iter().map(named).collect();
    names.unwrap_or_default().iter().flatten().map(|name| interner.name(name)).collect()
}
