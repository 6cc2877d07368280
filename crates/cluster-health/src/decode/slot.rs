//! Where a part of a document goes. Wire structs are lists of names and slots, walked by the one function in `walk`:
//! decoders generated for each of hundreds of structs were a quarter of the server's code.

use std::collections::BTreeMap;

/// A value that is filled in place. It holds its default until then, so what a document leaves out, or writes as `null`
/// as Go does for what is empty, needs nothing.
pub trait Slot {
    /// What fits, for errors: "a string".
    fn expecting(&self) -> &'static str;

    fn scalar(&mut self, _value: Scalar<'_>) -> Result<(), Misfit> {
        Err(Misfit::Type)
    }

    /// Whether a list or an object goes in; its parts follow.
    fn open(&mut self, _nested: Nested) -> bool {
        false
    }

    /// Where the next element of a list goes.
    fn element(&mut self) -> Entry<'_> {
        Entry::Skip
    }

    /// Where the value of a key goes. `seen` is of this object alone.
    fn entry(&mut self, _key: &str, _seen: &mut Seen) -> Entry<'_> {
        Entry::Skip
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Scalar<'a> {
    Boolean(bool),
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nested {
    List,
    Object,
}

/// Why a scalar does not go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    Type,
    Value,
}

pub enum Entry<'a> {
    Slot(&'a mut dyn Slot),
    /// Nobody reads it.
    Skip,
    /// The object has this key already.
    Twice(&'static str),
}

/// Which fields of an object have been filled.
#[derive(Debug, Default)]
pub struct Seen(u64);

impl Seen {
    /// Fields a struct can have.
    pub const MOST: usize = 64;

    /// The place of a field in a struct's list of names, or in that of its other names; none if nobody reads it.
    pub fn find(
        &mut self,
        fields: &'static [&'static str],
        also: &'static [(&'static str, usize)],
        key: &str,
    ) -> Result<Option<usize>, &'static str> {
        let at = fields.iter().position(|field| is_camel_case(field, key));
        let other = || also.iter().find(|(name, _)| *name == key).map(|(_, at)| *at);
        let Some(at) = at.or_else(other) else { return Ok(None) };
        let bit = 1 << (at % Self::MOST);
        if self.0 & bit != 0 {
            return Err(fields.get(at).copied().unwrap_or_default());
        }
        self.0 |= bit;
        Ok(Some(at))
    }
}

/// Whether the key is the field's name as Kubernetes writes it: `resourceVersion` for `resource_version`.
fn is_camel_case(field: &str, key: &str) -> bool {
    let mut key = key.bytes();
    let mut upper = false;
    for byte in field.bytes() {
        if byte == b'_' {
            upper = true;
            continue;
        }
        let wanted = if upper { byte.to_ascii_uppercase() } else { byte };
        upper = false;
        if key.next() != Some(wanted) {
            return false;
        }
    }
    key.next().is_none()
}

impl Slot for String {
    fn expecting(&self) -> &'static str {
        "a string"
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        let Scalar::Text(text) = value else { return Err(Misfit::Type) };
        text.clone_into(self);
        Ok(())
    }
}

impl Slot for bool {
    fn expecting(&self) -> &'static str {
        "a boolean"
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        let Scalar::Boolean(value) = value else { return Err(Misfit::Type) };
        *self = value;
        Ok(())
    }
}

macro_rules! whole_numbers {
    ($($Number:ident)*) => {
        $(impl Slot for $Number {
            fn expecting(&self) -> &'static str {
                stringify!($Number)
            }

            fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
                let value = match value {
                    Scalar::Unsigned(value) => i128::from(value),
                    Scalar::Signed(value) => i128::from(value),
                    _ => return Err(Misfit::Type),
                };
                *self = value.try_into().map_err(|_| Misfit::Value)?;
                Ok(())
            }
        })*
    };
}
whole_numbers!(i32 i64 u16 u32 u64);

impl<T: Slot + Default> Slot for Option<T> {
    fn expecting(&self) -> &'static str {
        T::default().expecting()
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        self.get_or_insert_default().scalar(value)
    }

    fn open(&mut self, nested: Nested) -> bool {
        self.get_or_insert_default().open(nested)
    }

    fn element(&mut self) -> Entry<'_> {
        self.get_or_insert_default().element()
    }

    fn entry(&mut self, key: &str, seen: &mut Seen) -> Entry<'_> {
        self.get_or_insert_default().entry(key, seen)
    }
}

impl<T: Slot + Default> Slot for Vec<T> {
    fn expecting(&self) -> &'static str {
        "a list"
    }

    fn open(&mut self, nested: Nested) -> bool {
        nested == Nested::List
    }

    fn element(&mut self) -> Entry<'_> {
        Entry::Slot(self.push_mut(T::default()))
    }
}

impl<T: Slot + Default> Slot for BTreeMap<String, T> {
    fn expecting(&self) -> &'static str {
        "an object"
    }

    fn open(&mut self, nested: Nested) -> bool {
        nested == Nested::Object
    }

    fn entry(&mut self, key: &str, _seen: &mut Seen) -> Entry<'_> {
        Entry::Slot(self.entry(key.to_owned()).or_default())
    }
}

/// Something that only has to be there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anything;

impl Slot for Anything {
    fn expecting(&self) -> &'static str {
        "anything"
    }

    fn scalar(&mut self, _value: Scalar<'_>) -> Result<(), Misfit> {
        Ok(())
    }

    fn open(&mut self, _nested: Nested) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_under_the_names_kubernetes_gives_them() {
        for (field, key) in [
            ("name", "name"),
            ("resource_version", "resourceVersion"),
            ("last24h", "last24h"),
            ("egressIPs", "egressIPs"),
        ] {
            assert!(is_camel_case(field, key), "{field} {key}");
        }
        for (field, key) in
            [("name", "names"), ("names", "name"), ("resource_version", "resource_version"), ("name", "")]
        {
            assert!(!is_camel_case(field, key), "{field} {key}");
        }
    }

    #[test]
    fn a_field_is_filled_once() {
        let mut seen = Seen::default();
        assert_eq!(seen.find(&["name", "node_name"], &[("host", 1)], "nodeName"), Ok(Some(1)));
        assert_eq!(seen.find(&["name", "node_name"], &[("host", 1)], "name"), Ok(Some(0)));
        assert_eq!(seen.find(&["name", "node_name"], &[("host", 1)], "other"), Ok(None));
        assert_eq!(seen.find(&["name", "node_name"], &[("host", 1)], "nodeName"), Err("node_name"));
        assert_eq!(seen.find(&["name", "node_name"], &[("host", 1)], "host"), Err("node_name"));
    }

    #[test]
    fn numbers_fit_or_are_refused() {
        let mut port = 0_u16;
        assert_eq!(port.scalar(Scalar::Unsigned(8080)), Ok(()));
        assert_eq!(port, 8080);
        assert_eq!(port.scalar(Scalar::Unsigned(70_000)), Err(Misfit::Value));
        assert_eq!(port.scalar(Scalar::Signed(-1)), Err(Misfit::Value));
        assert_eq!(port.scalar(Scalar::Text("1")), Err(Misfit::Type));
    }
}
