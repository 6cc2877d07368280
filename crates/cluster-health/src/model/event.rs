//! Events: what components said about objects, for about an hour.

use super::ObjectRef;
use super::condition::capped;
use crate::name::{Interner, Name};
use crate::time::Time;

use super::kind_name::KindName;
use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire {
    metadata: wire::Meta,
    // `regarding`, `note` and `reportingController` are the names in events.k8s.io/v1.
    #[also("regarding")]
    involved_object: WireObject,
    #[named("type")]
    event_type: String,
    reason: String,
    #[also("note")]
    message: Option<String>,
    #[also("deprecatedCount")]
    count: u32,
    #[also("deprecatedFirstTimestamp")]
    first_timestamp: Option<Time>,
    #[also("deprecatedLastTimestamp")]
    last_timestamp: Option<Time>,
    event_time: Option<Time>,
    series: Option<WireSeries>,
});
wire::wire_object!(WireObject { kind: String, namespace: String, name: String });
wire::wire_object!(WireSeries { count: u32, last_observed_time: Option<Time> });

#[derive(Clone, Debug)]
pub struct Event {
    pub meta: Meta,
    pub about: ObjectRef,
    pub warning: bool,
    /// A word of a program; `(prose)` where somebody wrote more than a word.
    pub reason: Name,
    /// Untrusted text: tenants write events too.
    pub message: Option<Box<str>>,
    /// Times seen, at least one.
    pub count: u32,
    pub first: Option<Time>,
    /// Newest of the times an event may carry; about one in twelve has no `lastTimestamp`.
    pub last: Option<Time>,
}

/// Anybody may write an event, and some fields are repeated among typed words.
fn word(text: &str) -> &str {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) { text } else { "(prose)" }
}

impl Resource for Event {
    const KIND: Kind = Kind::Event;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let about = ObjectRef {
            kind: KindName::read(word(&wire.involved_object.kind), interner),
            namespace: interner.name(&wire.involved_object.namespace),
            name: interner.name(&wire.involved_object.name),
        };
        let series = wire.series.unwrap_or_default();
        let created = wire.metadata.creation_timestamp;
        let last = series.last_observed_time.max(wire.last_timestamp).or(wire.event_time).or(created);
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            about,
            warning: wire.event_type == "Warning",
            reason: interner.name(word(&wire.reason)),
            message: capped(wire.message),
            count: wire.count.max(series.count).max(1),
            first: wire.first_timestamp.or(wire.event_time).or(created),
            last,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("involvedObject", &self.about)
            .put("type", if self.warning { "Warning" } else { "Normal" })
            .put("reason", &self.reason)
            .put("count", self.count)
            .put_some("firstTimestamp", self.first)
            .put_some("lastTimestamp", self.last)
            .untrusted("message", self.message.as_deref())
    }
}
