//! CephClusters: the storage that OpenShift Data Foundation and Rook run, and what it says of its own health.

use std::collections::BTreeMap;

use super::condition::capped;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::ordered::Ordered;
use crate::time::Time;

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus { phase: String, ceph: WireCeph });
wire::wire_object!(WireCeph {
    health: String,
    last_changed: Option<Time>,
    details: BTreeMap<String, WireDetail>,
    capacity: WireCapacity,
});
wire::wire_object!(WireDetail { message: Option<String>, severity: String });
wire::wire_object!(WireCapacity { bytes_total: u64, bytes_used: u64 });

#[derive(Clone, Debug)]
pub struct CephCluster {
    pub meta: Meta,
    pub phase: Name,
    /// `HEALTH_OK`, `HEALTH_WARN` or `HEALTH_ERR`; empty before the first look.
    pub health: Name,
    /// When the health last changed.
    pub since: Option<Time>,
    /// What is wrong, worst first.
    pub details: Box<[Detail]>,
    pub bytes_total: u64,
    pub bytes_used: u64,
}

#[derive(Clone, Debug)]
pub struct Detail {
    /// Such as `OSD_DOWN`.
    pub code: Name,
    pub severity: Name,
    pub message: Option<Box<str>>,
}

impl Resource for CephCluster {
    const KIND: Kind = Kind::CephCluster;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let ceph = wire.status.ceph;
        let details = ceph.details.into_iter().map(|(code, detail)| Detail {
            code: interner.name(&code),
            severity: interner.name(&detail.severity),
            message: capped(detail.message),
        });
        let mut details: Vec<Detail> = details.collect();
        details.put_in_order_by_key(|detail| detail.severity != "HEALTH_ERR");
        Self {
            details: details.into(),
            meta: Meta::from_wire(&wire.metadata, interner),
            phase: interner.name(&wire.status.phase),
            health: interner.name(&ceph.health),
            since: ceph.last_changed,
            bytes_total: ceph.capacity.bytes_total,
            bytes_used: ceph.capacity.bytes_used,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts
            .put("status.phase", &self.phase)
            .put("status.ceph.health", &self.health)
            .put_some("status.ceph.lastChanged", self.since)
            .put_some("status.ceph.capacity used", self.used_percent().map(|percent| format!("{percent} %")));
        self.details.iter().fold(facts, |facts, detail| {
            facts.untrusted(format!("status.ceph.details[{}].message", detail.code), detail.message.as_deref())
        })
    }
}

impl CephCluster {
    /// Nothing until the size is known.
    pub fn used_percent(&self) -> Option<u64> {
        self.bytes_used.saturating_mul(100).checked_div(self.bytes_total)
    }
}
