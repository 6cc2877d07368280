//! Objects that are there and cannot be read.

use std::collections::BTreeMap;

use cluster_health::coverage::Seen;

use crate::sources::live::event::Unreadable;

/// Objects that cannot be read. Those with a name can be crossed out when they change.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    named: BTreeMap<(String, String), String>,
    /// Without a name, or more than are worth remembering.
    others: u32,
    last: String,
}

const NAMED: usize = 1000;

impl Skipped {
    pub(super) fn add(&mut self, unreadable: Unreadable) {
        let name = match &unreadable.key {
            Some((namespace, name)) if namespace.is_empty() => name.clone(),
            Some((namespace, name)) => format!("{namespace}/{name}"),
            None => "one without a name".to_owned(),
        };
        let words = format!("{}: {}", cluster_health::untrusted::clean(&name, 160), unreadable.reason);
        match unreadable.key {
            Some(key) if self.named.len() < NAMED || self.named.contains_key(&key) => {
                self.named.insert(key, words);
            }
            _ => {
                self.others += 1;
                self.last = words;
            }
        }
    }

    pub(super) fn remove(&mut self, (namespace, name): (&str, &str)) -> bool {
        !self.named.is_empty() && self.named.remove(&(namespace.to_owned(), name.to_owned())).is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.named.len() + self.others as usize
    }

    pub(super) fn seen(&self) -> Seen {
        match self.len() {
            0 => Seen::Complete,
            1 => Seen::Partial { why: format!("1 object cannot be read ({})", self.example()) },
            count => Seen::Partial { why: format!("{count} objects cannot be read, such as {}", self.example()) },
        }
    }

    fn example(&self) -> &str {
        self.named.values().next().unwrap_or(&self.last)
    }
}
