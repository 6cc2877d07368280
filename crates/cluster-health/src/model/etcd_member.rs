//! Members of etcd as etcd itself tells of them, which only archives hold. No object of the Kubernetes API.

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;
use crate::name::{Interner, Name};

wire::wire_object!(Wire {
    metadata: wire::Meta,
    healthy: Option<bool>,
    version: String,
    has_leader: Option<bool>,
    db_size: Option<u64>,
    db_size_in_use: Option<u64>,
    alarms: Vec<String>,
});

/// Named as in etcd's list of members, which is the name of its node.
#[derive(Clone, Debug)]
pub struct EtcdMember {
    pub meta: Meta,
    /// Whether it answered; nothing where it was not asked.
    pub healthy: Option<bool>,
    /// Empty where it did not answer.
    pub version: Name,
    /// Whether it knows of a leader; nothing where it did not answer.
    pub has_leader: Option<bool>,
    /// Bytes of its file.
    pub db_size: Option<u64>,
    /// Bytes of that which a defragmentation would leave.
    pub db_size_in_use: Option<u64>,
    pub alarms: Box<[Alarm]>,
}

/// What etcd raises against itself until somebody disarms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// Its file has reached the quota.
    NoSpace,
    /// Members hold different data.
    Corrupt,
    /// One that is not known here.
    Other,
}

impl Alarm {
    /// As etcd writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Alarm::NoSpace => "NOSPACE",
            Alarm::Corrupt => "CORRUPT",
            Alarm::Other => "of an unknown kind",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "NOSPACE" => Alarm::NoSpace,
            "CORRUPT" => Alarm::Corrupt,
            _ => Alarm::Other,
        }
    }
}

impl Resource for EtcdMember {
    const KIND: Kind = Kind::EtcdMember;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            healthy: wire.healthy,
            version: interner.name(&wire.version),
            has_leader: wire.has_leader,
            db_size: wire.db_size,
            db_size_in_use: wire.db_size_in_use,
            alarms: wire.alarms.iter().map(|word| Alarm::of(word)).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let alarms: Vec<&str> = self.alarms.iter().map(|alarm| alarm.as_str()).collect();
        facts
            .put_some("health", self.healthy)
            .put("version", &self.version)
            .put_some("has a leader", self.has_leader)
            .put_some("dbSize", self.db_size)
            .put_some("dbSizeInUse", self.db_size_in_use)
            .put("alarms", alarms.join(","))
    }
}
