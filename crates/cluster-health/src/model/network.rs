//! Network: the cluster's address ranges, as `config.openshift.io` states them.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus {
    network_type: String,
    cluster_network: Vec<WireRange>,
    service_network: Vec<String>,
    migration: Option<WireMigration>,
});
wire::wire_object!(WireRange { cidr: String, host_prefix: u32 });
wire::wire_object!(WireMigration { network_type: String, mtu: Option<wire::Anything> });

#[derive(Clone, Debug)]
pub struct Network {
    pub meta: Meta,
    /// `OVNKubernetes`, `OpenShiftSDN` or another plugin's.
    pub plugin: Name,
    /// Where pods' addresses come from.
    pub cluster: Box<[Range]>,
    /// Where Services' addresses come from, as prefixes.
    pub services: Box<[Name]>,
    /// `to <plugin>` or `MTU`; nothing while no migration runs.
    pub migration: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct Range {
    pub cidr: Name,
    /// The prefix of what each node gets.
    pub host_prefix: u32,
}

impl Resource for Network {
    const KIND: Kind = Kind::Network;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        let migration = status.migration.and_then(|migration| match migration {
            WireMigration { mtu: Some(_), .. } => Some(interner.name("MTU")),
            WireMigration { network_type, .. } if network_type.is_empty() => None,
            WireMigration { network_type, .. } => Some(interner.name(&format!("to {network_type}"))),
        });
        let ranges = status.cluster_network.iter();
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            plugin: interner.name(&status.network_type),
            cluster: ranges
                .map(|range| Range { cidr: interner.name(&range.cidr), host_prefix: range.host_prefix })
                .collect(),
            services: status.service_network.iter().map(|cidr| interner.name(cidr)).collect(),
            migration,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts
            .put("status.networkType", &self.plugin)
            .put("status.serviceNetwork", self.services.join(","))
            .put_some("status.migration", self.migration.as_ref());
        self.cluster.iter().fold(facts, |facts, range| {
            facts.put("status.clusterNetwork", format!("{}, /{} a node", range.cidr, range.host_prefix))
        })
    }
}

impl Range {
    /// How many nodes get a part of it; nothing when it is not written as a range is.
    pub fn nodes(&self) -> Option<u64> {
        let prefix: u32 = self.cidr.rsplit_once('/')?.1.parse().ok()?;
        let bits = self.host_prefix.checked_sub(prefix)?;
        Some(1_u64.checked_shl(bits).unwrap_or(u64::MAX))
    }

    pub fn is_ipv4(&self) -> bool {
        !self.cidr.contains(':')
    }
}
