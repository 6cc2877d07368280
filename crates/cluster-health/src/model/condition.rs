//! Status conditions: `type`, `status`, since when, why.

use crate::name::{Interner, Name};
use crate::time::Time;

use super::wire;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    True,
    False,
    /// Also every value that is neither `True` nor `False`.
    #[default]
    Unknown,
}

impl Status {
    pub fn from_wire(text: &str) -> Self {
        match text {
            "True" => Status::True,
            "False" => Status::False,
            _ => Status::Unknown,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Status::True => "True",
            Status::False => "False",
            Status::Unknown => "Unknown",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Condition {
    pub kind: Name,
    pub status: Status,
    /// `lastTransitionTime`
    pub since: Option<Time>,
    pub reason: Name,
    /// Written by whoever owns the object: show it as untrusted text only.
    pub message: Option<Box<str>>,
}

/// Longer messages say nothing more that a person could use.
const MESSAGE_BYTES: usize = 1024;

/// At most `MESSAGE_BYTES` of a message, cut at a character.
pub(crate) fn capped(message: Option<String>) -> Option<Box<str>> {
    let mut message = message.filter(|message| !message.is_empty())?;
    if message.len() > MESSAGE_BYTES {
        let end = (0..=MESSAGE_BYTES).rev().find(|&at| message.is_char_boundary(at)).unwrap_or(0);
        message.truncate(end);
    }
    Some(message.into_boxed_str())
}

impl Condition {
    pub(crate) fn from_wire(wire: wire::Condition, interner: &mut Interner) -> Self {
        Self {
            kind: interner.name(&wire.kind),
            status: Status::from_wire(&wire.status),
            since: wire.last_transition_time,
            reason: interner.optional(wire.reason.as_deref()),
            message: capped(wire.message),
        }
    }
}

impl Condition {
    /// The reason when it is a word of a program, or several joined by `::`; nothing when it is prose.
    pub fn reasons(&self) -> Option<std::str::Split<'_, &'static str>> {
        let is_word = self.reason.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:-".contains(&b));
        (is_word && !self.reason.is_empty()).then(|| self.reason.split("::"))
    }
}

#[derive(Clone, Debug, Default)]
pub struct Conditions(Box<[Condition]>);

impl Conditions {
    /// A single one, where an object has one in an unusual place.
    pub fn of(condition: Condition) -> Self {
        Self(Box::new([condition]))
    }

    pub(crate) fn from_wire(wire: Vec<wire::Condition>, interner: &mut Interner) -> Self {
        Self(wire.into_iter().map(|condition| Condition::from_wire(condition, interner)).collect())
    }

    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.kind == kind)
    }

    /// The condition when it is there and has this status.
    pub fn having(&self, kind: &str, status: Status) -> Option<&Condition> {
        self.get(kind).filter(|condition| condition.status == status)
    }

    pub fn is_true(&self, kind: &str) -> bool {
        self.having(kind, Status::True).is_some()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
