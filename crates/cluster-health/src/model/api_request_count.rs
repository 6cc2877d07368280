//! APIRequestCounts: who asked for a version of an API in the last day, kept for APIs that will be removed.

use std::collections::BTreeMap;

use crate::name::{Interner, Name};
use crate::ordered::Ordered;

use super::meta::Meta;
use super::{Kind, Resource, wire};
use crate::describe::Facts;

wire::wire_object!(Wire { metadata: wire::Meta, status: WireStatus });
wire::wire_object!(WireStatus {
    removed_in_release: String,
    request_count: u64,
    #[named("last24h")]
    last_24h: Vec<WireHour>,
});
wire::wire_object!(WireHour { by_node: Vec<WireNode> });
wire::wire_object!(WireNode { by_user: Vec<WireUser> });
wire::wire_object!(WireUser { username: String, user_agent: String, request_count: u64 });

#[derive(Clone, Debug)]
pub struct APIRequestCount {
    pub meta: Meta,
    /// The Kubernetes release that no longer serves it, such as `1.25`; empty when none is known.
    pub removed_in: Name,
    /// Requests of the last day.
    pub requests: u64,
    /// Who asked most, at most [`USERS`] of them, most first; of APIs that will be removed only.
    pub users: Box<[User]>,
}

#[derive(Clone, Debug)]
pub struct User {
    pub name: Name,
    /// Untrusted text: the client says it of itself.
    pub agent: Name,
    pub requests: u64,
}

/// A longer list helps nobody.
pub const USERS: usize = 5;

impl Resource for APIRequestCount {
    const KIND: Kind = Kind::APIRequestCount;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        let users =
            if status.removed_in_release.is_empty() { Box::default() } else { users(&status.last_24h, interner) };
        Self {
            meta: Meta::from_wire(&wire.metadata, interner),
            removed_in: interner.name(&status.removed_in_release),
            requests: status.request_count,
            users,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        let facts = facts.put("status.removedInRelease", &self.removed_in).put("status.requestCount", self.requests);
        self.users.iter().fold(facts, |facts, user| {
            facts.untrusted(
                "status.last24h[*].byNode[*].byUser[*]",
                Some(&format!("{} with {}: {} requests", user.name, user.agent, user.requests)),
            )
        })
    }
}

fn users(hours: &[WireHour], interner: &mut Interner) -> Box<[User]> {
    let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for user in hours.iter().flat_map(|hour| &hour.by_node).flat_map(|node| &node.by_user) {
        *sums.entry((&user.username, &user.user_agent)).or_default() += user.request_count;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.put_in_order_by_key(|(_, requests)| std::cmp::Reverse(*requests));
    let user = |((name, agent), requests)| User { name: interner.name(name), agent: interner.name(agent), requests };
    sums.into_iter().take(USERS).map(user).collect()
}
