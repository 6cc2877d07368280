//! Subscriptions: which operator the Operator Lifecycle Manager shall install and keep up to date.

use super::condition::Conditions;
use super::meta::Meta;
use super::{Kind, ObjectRef, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    name: String,
    channel: String,
    source: String,
    source_namespace: String,
    install_plan_approval: String,
});
wire::wire_object!(WireStatus {
    state: String,
    #[named("installedCSV")]
    installed_csv: String,
    #[named("currentCSV")]
    current_csv: String,
    last_updated: Option<Time>,
    conditions: Vec<wire::Condition>,
});

#[derive(Clone, Debug)]
pub struct Subscription {
    pub meta: Meta,
    pub package: Name,
    pub channel: Name,
    /// Namespace and name of its catalog.
    pub source: (Name, Name),
    /// Somebody has to approve each plan.
    pub manual: bool,
    /// `AtLatestKnown`, `UpgradePending`, `UpgradeAvailable`, `UpgradeFailed`; empty before the first look.
    pub state: Name,
    pub installed: Name,
    /// What is to be installed; the same as `installed` when nothing is waiting.
    pub current: Name,
    pub updated: Option<Time>,
    /// `CatalogSourcesUnhealthy`, `ResolutionFailed`, `InstallPlanFailed`, `BundleUnpackFailed` and others.
    pub conditions: Conditions,
}

impl Resource for Subscription {
    const KIND: Kind = Kind::Subscription;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let (spec, status) = (&wire.spec, wire.status);
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            package: interner.name(&spec.name),
            channel: interner.name(&spec.channel),
            source: (interner.name(&spec.source_namespace), interner.name(&spec.source)),
            manual: spec.install_plan_approval == "Manual",
            state: interner.name(&status.state),
            installed: interner.name(&status.installed_csv),
            current: interner.name(&status.current_csv),
            updated: status.last_updated,
            conditions: Conditions::from_wire(status.conditions, interner),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.name", &self.package)
            .put("spec.channel", &self.channel)
            .put("spec.source", format!("{}/{}", self.source.0, self.source.1))
            .put("spec.installPlanApproval", if self.manual { "Manual" } else { "Automatic" })
            .put("status.state", &self.state)
            .put("status.installedCSV", &self.installed)
            .put("status.currentCSV", &self.current)
            .put_some("status.lastUpdated", self.updated)
            .conditions(&self.conditions)
    }
}

impl Subscription {
    pub fn catalog(&self) -> ObjectRef {
        ObjectRef::new(Kind::CatalogSource, &self.source.0, &self.source.1)
    }
}
