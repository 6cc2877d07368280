//! Maps that live for one assessment, with a faster hash than the standard library's. Tenants choose some of the names in
//! them; those are as many as there are findings or pods that stand out, and the seed is another for each map. What
//! outlives an assessment keeps the standard hash, which withstands keys made to collide.

use std::collections::HashMap;

/// Nobody knows in advance what collides.
pub(crate) type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Room for as many keys.
pub(crate) fn with_room<K, V>(keys: usize) -> QuickMap<K, V> {
    QuickMap::with_capacity_and_hasher(keys, foldhash::fast::RandomState::default())
}
