//! ConfigMaps: their names and the names of their keys. Values are stepped over and never kept.

use crate::decode::slot::{Entry, Nested, Seen, Slot};
use crate::name::{Interner, Name};
use crate::ordered::Ordered;
use crate::time::Time;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, data: Keys, binary_data: Keys });

#[derive(Clone, Debug)]
pub struct ConfigMap {
    pub meta: Meta,
    /// Sorted.
    pub keys: Box<[Name]>,
    /// When somebody last wrote it, as its `managedFields` say, of which nothing else is kept.
    pub changed: Option<Time>,
    /// When the certificates in it run out, as the operator that keeps them notes beside them.
    pub certificate: Option<Box<Validity>>,
}

/// `auth.openshift.io/certificate-not-before` and `…-not-after`
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    pub from: Option<Time>,
    pub until: Time,
}

impl Resource for ConfigMap {
    const KIND: Kind = Kind::ConfigMap;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let mut keys: Vec<Name> = wire.data.0.iter().chain(&wire.binary_data.0).map(|key| interner.name(key)).collect();
        keys.put_in_order();
        let time = |key| wire.metadata.annotations.get(key).and_then(Time::parse);
        let until = time("auth.openshift.io/certificate-not-after");
        let from = time("auth.openshift.io/certificate-not-before");
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            keys: keys.into(),
            changed: wire.metadata.managed_fields.newest(),
            certificate: until.map(|until| Box::new(Validity { from, until })),
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let keys = self.keys.join(", ");
        facts
            .untrusted("data, names of keys", Some(keys.as_str()).filter(|keys| !keys.is_empty()))
            .put_some("metadata.managedFields[*].time, the newest", self.changed)
            .put_some("metadata.annotations[auth.openshift.io/certificate-not-after]", self.until())
    }
}

impl ConfigMap {
    pub fn has(&self, key: &str) -> bool {
        self.keys.binary_search_by(|known| (**known).cmp(key)).is_ok()
    }

    pub fn until(&self) -> Option<Time> {
        self.certificate.as_ref().map(|certificate| certificate.until)
    }
}

/// The keys of a map, whatever their values.
#[derive(Debug, Default)]
pub struct Keys(Vec<String>);

impl Slot for Keys {
    fn expecting(&self) -> &'static str {
        "an object"
    }

    fn open(&mut self, nested: Nested) -> bool {
        nested == Nested::Object
    }

    fn entry(&mut self, key: &str, _seen: &mut Seen) -> Entry<'_> {
        self.0.push(key.to_owned());
        Entry::Skip
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::cluster;

    #[test]
    fn only_the_names_of_keys_are_kept() {
        let cluster = cluster(
            "
            kind: ConfigMap
            metadata: {name: settings, namespace: shop}
            data: {b.yaml: 'password: s3cret', a: '1'}
            binaryData: {logo: aGk=}
            ---
            kind: ConfigMap
            metadata: {name: empty, namespace: shop}
            data: null",
        );
        let map = cluster.config_maps.get("shop", "settings").unwrap();
        assert!(map.has("a") && map.has("b.yaml") && map.has("logo") && !map.has("c"));
        assert!(!format!("{map:?}").contains("s3cret"));
        assert!(cluster.config_maps.get("shop", "empty").unwrap().keys.is_empty());
    }
}
