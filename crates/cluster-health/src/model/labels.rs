//! Label sets, kept once each: the pods of a workload share one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::name::{Interner, Name};

/// Labels sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Option<Arc<[(Name, Name)]>>);

impl Labels {
    pub fn from_wire(wire: &BTreeMap<String, String>, interner: &mut Interner) -> Self {
        if wire.is_empty() {
            return Self(None);
        }
        let pairs: Vec<_> = wire.iter().map(|(key, value)| (interner.name(key), interner.name(value))).collect();
        Self(Some(interner.label_set(pairs)))
    }

    pub fn get(&self, key: &str) -> Option<&Name> {
        let pairs = self.pairs();
        let at = pairs.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        pairs.get(at).map(|(_, value)| value)
    }

    pub fn pairs(&self) -> &[(Name, Name)] {
        self.0.as_deref().unwrap_or_default()
    }
}
