//! Silences: what somebody told Alertmanager not to tell. No object of the Kubernetes API.

use super::condition::capped;
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};

wire::wire_object!(Wire {
    metadata: wire::Meta,
    state: String,
    starts_at: Option<Time>,
    ends_at: Option<Time>,
    matchers: Vec<WireMatcher>,
    created_by: Option<String>,
    comment: Option<String>,
});
wire::wire_object!(WireMatcher { name: String, value: String, is_regex: bool, is_equal: Option<bool> });

#[derive(Clone, Debug)]
pub struct Silence {
    pub meta: Meta,
    /// It is in force.
    pub active: bool,
    pub starts: Option<Time>,
    pub ends: Option<Time>,
    /// Untrusted text: its matchers as people write them, `alertname="Watchdog"`.
    pub matchers: Option<Box<str>>,
    /// Untrusted text.
    pub author: Option<Box<str>>,
    /// Untrusted text.
    pub comment: Option<Box<str>>,
}

fn written(matcher: &WireMatcher) -> String {
    let sign = match (matcher.is_regex, matcher.is_equal.unwrap_or(true)) {
        (false, true) => "=",
        (false, false) => "!=",
        (true, true) => "=~",
        (true, false) => "!~",
    };
    format!("{}{sign}\"{}\"", matcher.name, matcher.value)
}

impl Resource for Silence {
    const KIND: Kind = Kind::Silence;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let matchers: Vec<String> = wire.matchers.iter().map(written).collect();
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            active: wire.state == "active",
            starts: wire.starts_at,
            ends: wire.ends_at,
            matchers: capped(Some(matchers.join(", "))),
            author: capped(wire.created_by),
            comment: capped(wire.comment),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        facts
            .put("state", Name::from(if self.active { "active" } else { "not active" }).as_str())
            .put_some("startsAt", self.starts)
            .put_some("endsAt", self.ends)
            .untrusted("matchers", self.matchers.as_deref())
            .untrusted("createdBy", self.author.as_deref())
            .untrusted("comment", self.comment.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    #[test]
    fn matchers_are_written_as_people_write_them() {
        let text = "metadata: {name: a}\nstate: active\nmatchers: [{name: a, value: b}, {name: c, value: d.*, isRegex: true, isEqual: false}]";
        let crate::model::Object::Silence(wire) = decode::yaml(Kind::Silence, text).unwrap() else { panic!() };
        let silence = Silence::from_wire(*wire, &mut Interner::default());
        assert_eq!((silence.active, silence.matchers.as_deref()), (true, Some("a=\"b\", c!~\"d.*\"")));
    }
}
