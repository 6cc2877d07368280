//! InstallPlans: what the Operator Lifecycle Manager is about to install, or has. Their steps are large and not read.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { approved: bool, cluster_service_version_names: Vec<String> });
wire::wire_object!(WireStatus { phase: String, conditions: Vec<wire::Condition> });

#[derive(Clone, Debug)]
pub struct InstallPlan {
    pub meta: Meta,
    pub approved: bool,
    /// Names of the ClusterServiceVersions it installs.
    pub versions: Box<[Name]>,
    /// `Planning`, `RequiresApproval`, `Installing`, `Complete` or `Failed`.
    pub phase: Name,
    /// Says `Installed`.
    pub conditions: Conditions,
}

impl Resource for InstallPlan {
    const KIND: Kind = Kind::InstallPlan;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            approved: wire.spec.approved,
            versions: wire.spec.cluster_service_version_names.iter().map(|name| interner.name(name)).collect(),
            phase: interner.name(&wire.status.phase),
            conditions: Conditions::from_wire(wire.status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.approved", self.approved)
            .put("spec.clusterServiceVersionNames", self.versions.join(","))
            .put("status.phase", &self.phase)
            .conditions(&self.conditions)
    }
}
