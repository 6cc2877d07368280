//! Maps that live for one assessment, with a hash that takes a quarter of the standard library's time. What outlives an
//! assessment, or takes whatever tenants send, keeps the standard one, which withstands keys made to collide.

use std::collections::HashMap;

/// Seeded anew each time, so nobody knows in advance what collides.
pub(crate) type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Room for as many keys.
pub(crate) fn with_room<K, V>(keys: usize) -> QuickMap<K, V> {
    QuickMap::with_capacity_and_hasher(keys, foldhash::fast::RandomState::default())
}
