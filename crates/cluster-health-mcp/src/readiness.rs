//! What the server still waits for before its answers are complete.
//!
//! Whoever has to finish something holds a [`Pending`] for it; the server is ready when none is held. Nobody sets or
//! clears flags.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Default)]
pub struct Readiness {
    awaited: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// Keeps the server from being ready until it is dropped.
#[derive(Debug)]
pub struct Pending {
    name: String,
    readiness: Readiness,
}

impl Readiness {
    /// Waits for `name`, such as a kind that has not been listed yet.
    pub fn pending(&self, name: impl Into<String>) -> Pending {
        let name = name.into();
        *self.lock().entry(name.clone()).or_default() += 1;
        Pending { name, readiness: self.clone() }
    }

    /// What is still awaited, by name; empty when ready.
    pub fn awaited(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    pub fn is_ready(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut awaited = self.readiness.lock();
        if let Some(count) = awaited.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                awaited.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_nothing_is_held() {
        let readiness = Readiness::default();
        assert!(readiness.is_ready());
        let pods = readiness.pending("Pod");
        let nodes = readiness.pending("Node");
        let more_pods = readiness.pending("Pod");
        assert_eq!(readiness.awaited(), ["Node", "Pod"]);
        drop((pods, nodes));
        assert_eq!(readiness.awaited(), ["Pod"]);
        drop(more_pods);
        assert!(readiness.is_ready());
    }
}
