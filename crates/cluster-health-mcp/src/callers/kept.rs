//! What is remembered for a while: bounded in number, each with its own end; and one question at a time a key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Mutex as AsyncMutex;

/// The entry used longest ago makes room for a new one.
#[derive(Debug)]
pub(super) struct Kept<K, V> {
    most: usize,
    entries: Mutex<HashMap<K, Entry<V>>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    until: Instant,
    used: Instant,
}

impl<K: Eq + Hash + Clone, V: Clone> Kept<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: Mutex::default() }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        let now = Instant::now();
        let mut entries = lock(&self.entries);
        let entry = entries.get_mut(key).filter(|entry| entry.until > now)?;
        entry.used = now;
        Some(entry.value.clone())
    }

    pub(super) fn insert(&self, key: K, value: V, until: Instant) {
        let now = Instant::now();
        let mut entries = lock(&self.entries);
        if entries.len() >= self.most && !entries.contains_key(&key) {
            entries.retain(|_, entry| entry.until > now);
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest.filter(|_| entries.len() >= self.most) {
                entries.remove(&oldest);
            }
        }
        entries.insert(key, Entry { value, until, used: now });
    }
}

/// Lets those who ask the same at the same time wait for the first of them.
#[derive(Debug)]
pub(super) struct Turns<K> {
    waiting: Mutex<HashMap<K, Arc<AsyncMutex<()>>>>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { waiting: Mutex::default() }
    }
}

impl<K: Eq + Hash + Clone> Turns<K> {
    /// Runs `ask` when it is this one's turn.
    pub(super) async fn run<T>(&self, key: K, ask: impl Future<Output = T>) -> T {
        let turn = Turn { turns: self, lock: lock(&self.waiting).entry(key.clone()).or_default().clone(), key };
        let _turn = turn.lock.lock().await;
        ask.await
    }
}

/// Forgets the key with the last who waits, also when that one is cancelled.
struct Turn<'a, K: Eq + Hash + Clone> {
    turns: &'a Turns<K>,
    key: K,
    lock: Arc<AsyncMutex<()>>,
}

impl<K: Eq + Hash + Clone> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        let mut waiting = lock(&self.turns.waiting);
        // This one and the map's own
        if waiting.get(&self.key).is_some_and(|kept| Arc::strong_count(kept) <= 2) {
            waiting.remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn entries_end_and_are_bounded() {
        let kept = Kept::new(2);
        let soon = Instant::now() + Duration::from_secs(60);
        kept.insert("gone", 0, Instant::now());
        assert_eq!(kept.get(&"gone"), None);
        kept.insert("a", 1, soon);
        kept.insert("b", 2, soon);
        assert_eq!(kept.get(&"a"), Some(1));
        kept.insert("c", 3, soon);
        assert_eq!((kept.get(&"a"), kept.get(&"b"), kept.get(&"c")), (Some(1), None, Some(3)));
    }

    #[tokio::test]
    async fn turns_come_one_after_another_and_leave_nothing() {
        let (turns, running) = (Turns::default(), std::cell::Cell::new(0));
        let one = || async {
            turns
                .run(7, async {
                    running.set(running.get() + 1);
                    assert_eq!(running.get(), 1);
                    tokio::task::yield_now().await;
                    running.set(0);
                })
                .await;
        };
        tokio::join!(one(), one(), one());
        assert!(turns.waiting.lock().unwrap().is_empty());
    }
}
