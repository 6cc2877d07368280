//! Walks a document and fills slots: compiled once a format, whatever the number of kinds.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Error, IgnoredAny, Unexpected, Visitor};

use super::slot::{Entry, Misfit, Nested, Scalar, Seen, Slot};

/// Fills `slot` with a whole value.
pub(super) fn fill<'de, D: Deserializer<'de>>(slot: &mut dyn Slot, from: D) -> Result<(), D::Error> {
    Filler(slot).deserialize(from)
}

struct Filler<'s>(&'s mut dyn Slot);

impl Filler<'_> {
    fn scalar<E: Error>(self, value: Scalar<'_>) -> Result<(), E> {
        let misfit = match self.0.scalar(value) {
            Ok(()) => return Ok(()),
            Err(misfit) => misfit,
        };
        let found = match value {
            Scalar::Boolean(value) => Unexpected::Bool(value),
            Scalar::Unsigned(value) => Unexpected::Unsigned(value),
            Scalar::Signed(value) => Unexpected::Signed(value),
            Scalar::Float(value) => Unexpected::Float(value),
            Scalar::Text(text) => Unexpected::Str(text),
        };
        Err(match misfit {
            Misfit::Type => E::invalid_type(found, &self),
            Misfit::Value => E::invalid_value(found, &self),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Filler<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Filler<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.0.expecting())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(Scalar::Boolean(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(Scalar::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(u64::try_from(value).map_or(Scalar::Signed(value), Scalar::Unsigned))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(Scalar::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(Scalar::Text(text))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.0.open(Nested::List) {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        while list.next_element_seed(Element(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        if !self.0.open(Nested::Object) {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        let mut seen = Seen::default();
        while let Some(entry) = object.next_key_seed(Key { slot: &mut *self.0, seen: &mut seen })? {
            object.next_value_seed(Target(entry))?;
        }
        Ok(())
    }
}

/// Makes room only when there is an element.
struct Element<'s>(&'s mut dyn Slot);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        Target(self.0.element()).deserialize(from)
    }
}

/// The value of a key, which may be one that nobody reads.
struct Target<'s>(Entry<'s>);

impl<'de> DeserializeSeed<'de> for Target<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.0 {
            Entry::Slot(slot) => from.deserialize_any(Filler(slot)),
            Entry::Skip => from.deserialize_ignored_any(IgnoredAny).map(drop),
            Entry::Twice(field) => Err(D::Error::duplicate_field(field)),
        }
    }
}

/// Looks a key up in place, so that unread ones cost no allocation.
struct Key<'s, 'o> {
    slot: &'s mut dyn Slot,
    seen: &'o mut Seen,
}

impl<'de, 's> DeserializeSeed<'de> for Key<'s, '_> {
    type Value = Entry<'s>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Entry<'s>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'s> Visitor<'_> for Key<'s, '_> {
    type Value = Entry<'s>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Entry<'s>, E> {
        Ok(self.slot.entry(key, self.seen))
    }
}
