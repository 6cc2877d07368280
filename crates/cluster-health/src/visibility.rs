//! What one caller may see of a cluster. An answer for that caller is worked out from the part that is left, so nothing
//! else can be counted, named or completed in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::coverage::{Reason, Seen};
use crate::model::{Kind, Scope};
use crate::name::Name;

/// How much of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Allowed {
    All,
    In(BTreeSet<Name>),
    Nothing,
}

impl Allowed {
    pub(crate) fn admits(&self, namespace: &str) -> bool {
        match self {
            Allowed::All => true,
            Allowed::In(namespaces) => namespaces.contains(namespace),
            Allowed::Nothing => false,
        }
    }

    /// What the caller is told of how much was seen.
    pub(crate) fn narrow(&self, seen: &Seen) -> Seen {
        match (self, seen) {
            (Allowed::All, seen) => seen.clone(),
            // That the API has no such kind is no secret of anybody's
            (_, Seen::NotSeen(reason)) => Seen::NotSeen(*reason),
            (Allowed::Nothing, _) => Seen::NotSeen(Reason::Forbidden),
            // How many are unreadable, and why, would speak of other namespaces too
            (Allowed::In(_), Seen::Partial { .. }) => Seen::Partial { why: "not all of it could be read".to_owned() },
            (Allowed::In(_), Seen::Stale { since, complete, .. }) => {
                Seen::Stale { since: *since, complete: *complete, why: "it is not followed".to_owned() }
            }
            (Allowed::In(namespaces), Seen::Complete) => Seen::InNamespaces(Arc::new(namespaces.clone())),
            (Allowed::In(namespaces), Seen::InNamespaces(seen)) => {
                Seen::InNamespaces(Arc::new(seen.intersection(namespaces).cloned().collect()))
            }
        }
    }
}

/// One entry a kind. Compares and hashes, so that callers who may see the same can share an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Visibility {
    kinds: Vec<Allowed>,
}

impl Visibility {
    pub fn everything() -> Self {
        Self { kinds: vec![Allowed::All; Kind::ALL.len()] }
    }

    pub fn nothing() -> Self {
        Self { kinds: vec![Allowed::Nothing; Kind::ALL.len()] }
    }

    /// Namespaces in which nothing may be seen are not named. Of a kind without namespaces, everything or nothing can be
    /// seen, but for namespaces themselves.
    #[must_use]
    pub fn with(mut self, kind: Kind, allowed: Allowed) -> Self {
        let allowed = match allowed {
            Allowed::In(namespaces) if namespaces.is_empty() => Allowed::Nothing,
            Allowed::In(_) if kind.scope() == Scope::Cluster && kind != Kind::Namespace => Allowed::Nothing,
            allowed => allowed,
        };
        if let Some(entry) = self.kinds.get_mut(kind as usize) {
            *entry = allowed;
        }
        self
    }

    pub fn of(&self, kind: Kind) -> &Allowed {
        self.kinds.get(kind as usize).unwrap_or(&Allowed::Nothing)
    }

    pub fn is_everything(&self) -> bool {
        self.kinds.iter().all(|allowed| *allowed == Allowed::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cluster, now};
    use crate::{Cluster, assess};

    fn namespaces(names: &[&str]) -> Allowed {
        Allowed::In(names.iter().map(|name| Name::from(*name)).collect())
    }

    /// Two tenants and a node.
    fn whole() -> Cluster {
        cluster(
            r#"
            kind: Node
            metadata: {name: secret-node}
            ---
            kind: Namespace
            metadata: {name: mine}
            ---
            kind: Namespace
            metadata: {name: theirs}
            ---
            kind: Pod
            metadata: {name: a, namespace: mine}
            ---
            kind: Pod
            metadata: {name: b, namespace: theirs}
            "#,
        )
    }

    fn tenant() -> Visibility {
        let mine = || namespaces(&["mine"]);
        Visibility::nothing().with(Kind::Pod, mine()).with(Kind::Namespace, mine()).with(Kind::Node, mine())
    }

    #[test]
    fn a_tenant_sees_its_own_and_no_trace_of_the_rest() {
        let part = whole().visible_to(&tenant());
        assert_eq!((part.pods.len(), part.namespaces.len(), part.nodes.len()), (1, 1, 0));
        assert!(part.pods.get("theirs", "b").is_none());
        let report = format!("{:?}", assess(&part, now()));
        assert!(!report.contains("theirs") && !report.contains("secret-node"), "{report}");
    }

    #[test]
    fn what_may_not_be_seen_is_said_and_is_not_healthy() {
        let part = whole().visible_to(&tenant());
        assert_eq!(part.coverage.unseen(Kind::Node), Some(Reason::Forbidden));
        assert_eq!(*part.coverage.of(Kind::Pod), Seen::InNamespaces(Arc::new(["mine".into()].into())));
        assert_eq!(assess(&part, now()).verdict, crate::Verdict::Unknown);
    }

    #[test]
    fn who_may_see_everything_sees_the_same_cluster() {
        let whole = whole();
        let same = whole.visible_to(&Visibility::everything());
        assert_eq!(format!("{:?}", assess(&whole, now())), format!("{:?}", assess(&same, now())));
    }

    #[test]
    fn what_is_wrong_elsewhere_is_not_hinted_at() {
        let partial = Seen::Partial { why: "theirs/b could not be read".to_owned() };
        let told = namespaces(&["mine"]).narrow(&partial);
        assert!(!format!("{told:?}").contains("theirs"));
        assert_eq!(Allowed::Nothing.narrow(&Seen::NotSeen(Reason::NotServed)), Seen::NotSeen(Reason::NotServed));
    }
}
