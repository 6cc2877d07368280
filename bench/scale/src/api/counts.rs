//! What was asked, and how much was sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Requests of one sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub requests: u64,
    /// Of bodies, as sent: after compression.
    pub bytes: u64,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Method, path and query: `GET /api/v1/pods?limit=500`.
    pub line: String,
    pub authorization: String,
    pub user_agent: String,
}

/// Everything asked since the start or since it was forgotten.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// By sort: `list pods`, `watch pods`, `get pods`, `get /apis`, `create selfsubjectaccessreviews`.
    pub by_sort: BTreeMap<String, Count>,
    pub connections: u64,
    /// The last requests as they came.
    pub recent: VecDeque<Seen>,
}

impl Asked {
    pub fn requests(&self) -> u64 {
        self.by_sort.values().map(|count| count.requests).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.by_sort.values().map(|count| count.bytes).sum()
    }

    pub fn of(&self, sort: &str) -> Count {
        self.by_sort.get(sort).copied().unwrap_or_default()
    }
}

const RECENT: usize = 1_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    asked: Arc<Mutex<Asked>>,
}

impl Counts {
    pub(crate) fn asked(&self) -> Asked {
        self.lock().clone()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Asked::default();
    }

    pub(crate) fn connection(&self) {
        self.lock().connections += 1;
    }

    pub(crate) fn request(&self, sort: &str, request: Seen) {
        let mut asked = self.lock();
        asked.by_sort.entry(sort.to_owned()).or_default().requests += 1;
        if asked.recent.len() == RECENT {
            asked.recent.pop_front();
        }
        asked.recent.push_back(request);
    }

    pub(crate) fn sent(&self, sort: &str, bytes: usize) {
        if let Some(count) = self.lock().by_sort.get_mut(sort) {
            count.bytes += bytes as u64;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
