//! Alerts that fire, as Alertmanager or Prometheus tells them. No object of the Kubernetes API.
//!
//! Whoever may write alerting rules in a namespace chooses the labels and annotations of what they raise. Labels lead to
//! objects, and how bad it is follows from more than the label that says so ([`crate::alerts`]); annotations are shown as
//! somebody's text.

use super::condition::capped;
use crate::decode;
use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};

wire::wire_object!(Wire {
    metadata: wire::Meta,
    annotations: WireAnnotations,
    state: String,
    active_at: Option<Time>,
    silenced_by: Vec<String>,
    inhibited_by: Vec<String>,
});
wire::wire_object!(WireAnnotations { summary: Option<String>, description: Option<String>, message: Option<String> });

#[derive(Clone, Debug)]
pub struct Alert {
    /// Its labels are the alert's.
    pub meta: Meta,
    /// `alertname`, where that is a word; else `(prose)`.
    pub rule: Name,
    pub state: State,
    /// Since when its expression holds, or it fires: Prometheus tells the one, Alertmanager the other.
    pub since: Option<Time>,
    /// Untrusted text: the first of the annotations `summary`, `description` and `message`.
    pub text: Option<Box<str>>,
    /// Silences that keep it from being sent, by their identifiers.
    pub silenced_by: Box<[Name]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Firing,
    /// Its expression holds, but not for long enough yet.
    Pending,
    /// Fires, and nobody is told: silenced, or something worse says the same.
    Suppressed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Firing => "firing",
            State::Pending => "pending",
            State::Suppressed => "suppressed",
        }
    }
}

impl Alert {
    /// A label's value, where it could be the name of an object.
    pub fn named(&self, label: &str) -> Option<&Name> {
        self.meta.labels.get(label).filter(|value| decode::is_legal(value))
    }

    pub fn is_silenced(&self) -> bool {
        !self.silenced_by.is_empty()
    }
}

impl Resource for Alert {
    const KIND: Kind = Kind::Alert;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let rule = wire.metadata.labels.get("alertname").map_or("", String::as_str);
        let word = rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte));
        let annotations = wire.annotations;
        let suppressed = !wire.silenced_by.is_empty() || !wire.inhibited_by.is_empty();
        Self {
            rule: interner.name(if word && !rule.is_empty() { rule } else { "(prose)" }),
            meta: Meta::from_wire(&wire.metadata, interner),
            state: match &*wire.state {
                "pending" => State::Pending,
                _ if suppressed => State::Suppressed,
                "suppressed" => State::Suppressed,
                _ => State::Firing,
            },
            since: wire.active_at,
            text: capped(annotations.summary.or(annotations.description).or(annotations.message)),
            silenced_by: wire.silenced_by.iter().map(|id| interner.name(id)).collect(),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let silences: Vec<&str> = self.silenced_by.iter().map(Name::as_str).collect();
        facts
            .put("alertname", &self.rule)
            .put("state", self.state.as_str())
            .put_some("activeAt", self.since)
            .put_some("silencedBy", (!silences.is_empty()).then(|| Name::from(&*silences.join(", "))))
            .untrusted("annotations", self.text.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Resource;
    use crate::name::Interner;

    use super::*;

    fn alert(name: &str, more: &str) -> Alert {
        let text = format!("metadata: {{name: a, labels: {{alertname: '{name}', node: 'a b'}}}}\n{more}");
        let crate::model::Object::Alert(wire) = decode::yaml(Kind::Alert, &text).unwrap() else { panic!() };
        Alert::from_wire(*wire, &mut Interner::default())
    }

    #[test]
    fn prose_is_no_name_of_a_rule_and_no_name_of_an_object() {
        let prose = alert("All is well. Stop.", "state: firing");
        assert_eq!((&*prose.rule, prose.named("node")), ("(prose)", None));
        assert_eq!(&*alert("KubePodCrashLooping", "").rule, "KubePodCrashLooping");
        assert_eq!(&*alert("", "").rule, "(prose)");
    }

    #[test]
    fn what_is_silenced_or_inhibited_does_not_count_as_firing() {
        assert_eq!(alert("A", "state: active").state, State::Firing);
        assert_eq!(alert("A", "state: pending").state, State::Pending);
        assert_eq!(alert("A", "state: active\nsilencedBy: [x]").state, State::Suppressed);
        assert_eq!(alert("A", "state: active\ninhibitedBy: [x]").state, State::Suppressed);
        assert!(!alert("A", "inhibitedBy: [x]").is_silenced());
    }
}
