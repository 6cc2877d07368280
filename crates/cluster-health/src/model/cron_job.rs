//! CronJobs: when Jobs are due and when they last were.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec { schedule: String, time_zone: Option<String>, suspend: bool, concurrency_policy: String });
wire::wire_object!(WireStatus {
    active: Vec<WireActive>,
    last_schedule_time: Option<Time>,
    last_successful_time: Option<Time>,
});
wire::wire_object!(WireActive { name: String });

#[derive(Clone, Debug)]
pub struct CronJob {
    pub meta: Meta,
    /// Five cron fields or a macro such as `@hourly`.
    pub schedule: Name,
    /// Empty means the controller's own zone, which is UTC on OpenShift.
    pub time_zone: Name,
    pub suspended: bool,
    /// A run is skipped while another is active (`concurrencyPolicy: Forbid`).
    pub forbids_overlap: bool,
    pub active: u32,
    pub last_scheduled: Option<Time>,
    pub last_successful: Option<Time>,
}

impl Resource for CronJob {
    const KIND: Kind = Kind::CronJob;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            schedule: interner.name(&wire.spec.schedule),
            time_zone: interner.optional(wire.spec.time_zone.as_deref()),
            suspended: wire.spec.suspend,
            forbids_overlap: wire.spec.concurrency_policy == "Forbid",
            active: u32::try_from(wire.status.active.len()).unwrap_or(u32::MAX),
            last_scheduled: wire.status.last_schedule_time,
            last_successful: wire.status.last_successful_time,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("spec.schedule", &self.schedule)
            .put("spec.timeZone", &self.time_zone)
            .put("spec.suspend", self.suspended)
            .put("spec.concurrencyPolicy", if self.forbids_overlap { "Forbid" } else { "Allow or Replace" })
            .put("status.active", self.active)
            .put_some("status.lastScheduleTime", self.last_scheduled)
            .put_some("status.lastSuccessfulTime", self.last_successful)
    }
}
